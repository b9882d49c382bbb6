/*
 * Readiness of descriptors on the event loop. A poller is an epoll set of its own that the loop watches as one
 * descriptor: whatever is ready at one wake-up reaches JavaScript in one call, and with it how the transfers ended that
 * were waited for.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

#include "native.h"

#define BATCH 64
/* Int32 values per report in `ready`. */
#define REPORT 3
/* Tokens that may have a sync file. */
#define FENCED 1024
/* So many wake-ups in a row may be spent on the one transfer that is under way, without a look at other descriptors. */
#define STRAIGHT 15

struct poller {
  uv_poll_t poll; /* first: libuv hands it back */
  napi_env env;
  napi_ref callback;
  napi_ref ready;      /* Int32Array of BATCH reports: token, events, status */
  napi_ref sync_files; /* Int32Array by token: descriptor of the sync file whose status is to be reported, or -1 */
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  int epoll;
  int tokens;   /* of those below FENCED, one more than the greatest that was ever watched */
  int straight; /* wake-ups in a row that looked at one sync file only */
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
  if (poller->sync_files != NULL) napi_delete_reference(poller->env, poller->sync_files);
  if (poller->context != NULL) napi_async_destroy(poller->env, poller->context);
  poller->callback = poller->ready = poller->sync_files = NULL;
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

/* The memory of an array, asked for at every wake-up: JavaScript may have given it to somebody else. NULL if it has. */
static int32_t *memory_of(napi_env env, napi_ref array, size_t wanted) {
  napi_value value;
  napi_typedarray_type type;
  size_t length;
  void *data;
  if (napi_get_reference_value(env, array, &value) != napi_ok ||
      napi_get_typedarray_info(env, value, &type, &length, &data, NULL, NULL) != napi_ok || length < wanted)
    return NULL;
  return data;
}

/*
 * If one transfer alone is under way, its sync file is the quickest to ask: it is what most wake-ups are about, and its
 * status is needed anyway. Everything is level-triggered, so that what else is ready wakes the loop again.
 */
static int report_only_transfer(struct poller *poller, const int32_t *sync_files, int32_t *ready) {
  int only = -1;
  if (poller->straight >= STRAIGHT) return 0;
  for (int token = 0; token < poller->tokens; token++) {
    if (sync_files[token] < 0) continue;
    if (only >= 0) return 0;
    only = token;
  }
  if (only < 0) return 0;
  int32_t status = sync_file_status(sync_files[only]);
  if (status == 0) return 0;
  poller->straight++;
  ready[0] = only;
  ready[1] = EPOLLOUT;
  ready[2] = status;
  return 1;
}

static int report_ready(struct poller *poller, const int32_t *sync_files, int32_t *ready) {
  struct epoll_event events[BATCH];
  int count = epoll_wait(poller->epoll, events, BATCH, 0);
  poller->straight = 0;
  for (int index = 0; index < count; index++, ready += REPORT) {
    int token = events[index].data.fd;
    int sync_file = token < FENCED ? sync_files[token] : -1;
    ready[0] = token;
    ready[1] = (int32_t)events[index].events;
    ready[2] = sync_file < 0 ? 0 : sync_file_status(sync_file);
  }
  return count;
}

static void woken(uv_poll_t *handle, int status, int events) {
  struct poller *poller = (struct poller *)handle;
  napi_handle_scope scope;
  (void)status;
  (void)events;
  if (napi_open_handle_scope(poller->env, &scope) != napi_ok) return;
  int32_t *ready = memory_of(poller->env, poller->ready, BATCH * REPORT);
  int32_t *sync_files = memory_of(poller->env, poller->sync_files, FENCED);
  if (ready != NULL && sync_files != NULL) {
    int count = report_only_transfer(poller, sync_files, ready);
    if (count == 0) count = report_ready(poller, sync_files, ready);
    if (count > 0) call_back(poller->env, poller->context, poller->callback, count);
  } else uv_poll_stop(&poller->poll);
  napi_close_handle_scope(poller->env, scope);
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

/* A new Int32Array of so many -1, as a property of `self`. */
static bool make_array(napi_env env, napi_value self, const char *name, size_t length, napi_ref *reference) {
  napi_value buffer, array;
  void *data;
  if (napi_create_arraybuffer(env, length * sizeof(int32_t), &data, &buffer) != napi_ok) return false;
  memset(data, 0xff, length * sizeof(int32_t));
  return napi_create_typedarray(env, napi_int32_array, length, buffer, 0, &array) == napi_ok &&
         napi_create_reference(env, array, 1, reference) == napi_ok &&
         napi_set_named_property(env, self, name, array) == napi_ok;
}

/* new Poller(callback(count)): `ready` holds `count` reports when it is called */
static napi_value construct(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 1);
  napi_valuetype type;
  napi_value name;
  uv_loop_t *loop;
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
      !make_array(env, call.self, "ready", BATCH * REPORT, &poller->ready) ||
      !make_array(env, call.self, "syncFiles", FENCED, &poller->sync_files) ||
      napi_create_string_utf8(env, "gadgetloom.Poller", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, call.self, name, &poller->context) != napi_ok) {
    begin_close(poller);
    return NULL;
  }
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
  if (operation == EPOLL_CTL_ADD && event.data.fd < FENCED && event.data.fd >= poller->tokens)
    poller->tokens = event.data.fd + 1;
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
