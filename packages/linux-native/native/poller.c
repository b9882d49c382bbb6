/*
 * Readiness of descriptors on the event loop. A poller is an epoll set of its own that the loop watches as one
 * descriptor: whatever is ready at one wake-up reaches JavaScript in one call.
 */
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

#include "native.h"

#define BATCH 64

struct poller {
  uv_poll_t poll; /* first: libuv hands it back */
  napi_env env;
  napi_ref callback;
  napi_ref ready; /* Int32Array of BATCH pairs: token, events */
  int32_t *pairs;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  int epoll;
  bool closing;
  bool collected; /* the JavaScript object is gone: the last one to leave frees */
  bool closed;    /* libuv is done with `poll` */
};

static void free_if_unused(struct poller *poller) {
  if (poller->collected && poller->closed) free(poller);
}

static void handle_closed(uv_handle_t *handle) {
  struct poller *poller = (struct poller *)handle;
  napi_async_cleanup_hook_handle cleanup = poller->cleanup;
  poller->cleanup = NULL;
  poller->closed = true;
  close(poller->epoll);
  free_if_unused(poller);
  if (cleanup != NULL) napi_remove_async_cleanup_hook(cleanup);
}

static void begin_close(struct poller *poller) {
  if (poller->closing) return;
  poller->closing = true;
  uv_poll_stop(&poller->poll);
  if (poller->callback != NULL) napi_delete_reference(poller->env, poller->callback);
  if (poller->ready != NULL) napi_delete_reference(poller->env, poller->ready);
  if (poller->context != NULL) napi_async_destroy(poller->env, poller->context);
  poller->callback = poller->ready = NULL;
  poller->context = NULL;
  uv_close((uv_handle_t *)&poller->poll, handle_closed);
}

/* The environment ends: a worker is terminated, or the process exits. */
static void environment_ends(napi_async_cleanup_hook_handle handle, void *data) {
  (void)handle;
  begin_close(data);
}

static void object_collected(napi_env env, void *data, void *hint) {
  struct poller *poller = data;
  (void)env;
  (void)hint;
  poller->collected = true;
  begin_close(poller);
  free_if_unused(poller);
}

static void woken(uv_poll_t *handle, int status, int events) {
  struct poller *poller = (struct poller *)handle;
  struct epoll_event ready[BATCH];
  (void)status;
  (void)events;
  int count = epoll_wait(poller->epoll, ready, BATCH, 0);
  if (count <= 0) return;
  for (int index = 0; index < count; index++) {
    poller->pairs[2 * index] = ready[index].data.fd;
    poller->pairs[2 * index + 1] = (int32_t)ready[index].events;
  }
  call_back(poller->env, poller->context, poller->callback, count);
}

static struct poller *this_poller(struct call *call) {
  struct poller *poller = NULL;
  if (!call->ok) return NULL;
  if (napi_unwrap(call->env, call->self, (void **)&poller) != napi_ok) {
    napi_throw_type_error(call->env, "ERR_INVALID_THIS", "not a Poller");
    return NULL;
  }
  return poller;
}

/* new Poller(callback(count)): `ready` holds `count` pairs of token and events when it is called */
static napi_value construct(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 1);
  napi_valuetype type;
  napi_value buffer, array, name;
  uv_loop_t *loop;
  void *data;
  if (!call.ok) return NULL;
  if (napi_typeof(env, call.argument[0], &type) != napi_ok || type != napi_function) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "callback must be a function");
    return NULL;
  }
  struct poller *poller = calloc(1, sizeof *poller);
  if (poller == NULL || (poller->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0) {
    free(poller);
    napi_throw_error(env, "EMFILE", "no descriptor is free for a Poller");
    return NULL;
  }
  poller->env = env;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || uv_poll_init(loop, &poller->poll, poller->epoll) != 0) {
    close(poller->epoll);
    free(poller);
    napi_throw_error(env, NULL, "the event loop cannot watch an epoll set");
    return NULL;
  }
  if (napi_wrap(env, call.self, poller, object_collected, NULL, NULL) != napi_ok) {
    poller->collected = true;
    begin_close(poller);
    return NULL;
  }
  if (napi_add_async_cleanup_hook(env, environment_ends, poller, &poller->cleanup) != napi_ok ||
      napi_create_reference(env, call.argument[0], 1, &poller->callback) != napi_ok ||
      napi_create_arraybuffer(env, BATCH * 2 * sizeof(int32_t), &data, &buffer) != napi_ok ||
      napi_create_typedarray(env, napi_int32_array, BATCH * 2, buffer, 0, &array) != napi_ok ||
      napi_create_reference(env, array, 1, &poller->ready) != napi_ok ||
      napi_set_named_property(env, call.self, "ready", array) != napi_ok ||
      napi_create_string_utf8(env, "gadgetloom.Poller", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, call.self, name, &poller->context) != napi_ok) {
    begin_close(poller);
    return NULL;
  }
  poller->pairs = data;
  uv_poll_start(&poller->poll, UV_READABLE, woken);
  return call.self;
}

static napi_value control(napi_env env, napi_callback_info info, int operation) {
  struct call call = call_begin(env, info, operation == EPOLL_CTL_DEL ? 1 : 3);
  struct epoll_event event = {0};
  int fd = call_fd(&call, "fd");
  if (operation != EPOLL_CTL_DEL) {
    event.data.fd = (int)call_integer(&call, "token", 0, INT32_MAX);
    event.events = (uint32_t)call_integer(&call, "events", 0, UINT32_MAX);
  }
  struct poller *poller = this_poller(&call);
  if (poller == NULL) return NULL;
  if (poller->closing) return result(env, -EBADF);
  return result_of(env, epoll_ctl(poller->epoll, operation, fd, &event));
}

/* add(fd, token, events), change(fd, token, events), remove(fd) → 0 */
static napi_value add(napi_env env, napi_callback_info info) { return control(env, info, EPOLL_CTL_ADD); }
static napi_value change(napi_env env, napi_callback_info info) { return control(env, info, EPOLL_CTL_MOD); }
static napi_value take_out(napi_env env, napi_callback_info info) { return control(env, info, EPOLL_CTL_DEL); }

/* keepAlive(on): whether the process stays alive for it */
static napi_value keep_alive(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 1);
  int64_t on = call_integer(&call, "on", 0, 1);
  struct poller *poller = this_poller(&call);
  if (poller == NULL || poller->closing) return NULL;
  if (on) uv_ref((uv_handle_t *)&poller->poll);
  else uv_unref((uv_handle_t *)&poller->poll);
  return NULL;
}

/* close(): no callback comes after it */
static napi_value close_poller(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 0);
  struct poller *poller = this_poller(&call);
  if (poller != NULL) begin_close(poller);
  return NULL;
}

bool register_poller(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      {.utf8name = "add", .method = add, .attributes = napi_default_method},
      {.utf8name = "change", .method = change, .attributes = napi_default_method},
      {.utf8name = "remove", .method = take_out, .attributes = napi_default_method},
      {.utf8name = "keepAlive", .method = keep_alive, .attributes = napi_default_method},
      {.utf8name = "close", .method = close_poller, .attributes = napi_default_method},
  };
  napi_value class;
  return napi_define_class(env, "Poller", NAPI_AUTO_LENGTH, construct, NULL, sizeof methods / sizeof methods[0], methods,
                           &class) == napi_ok &&
         napi_set_named_property(env, exports, "Poller", class) == napi_ok;
}
