/*
 * Readiness of descriptors on the event loop. A poller is an epoll set of its own that the loop watches as one
 * descriptor: whatever is ready at one wake-up reaches JavaScript in one call, and with it how the transfers ended that
 * were waited for.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "native.h"

#define BATCH 64
/* Int32 values per report in `ready`. */
#define REPORT 3
/* Tokens that may have a sync file. */
#define FENCED 1024
/* So many wake-ups in a row may be spent on the transfer that was expected to be over, without a look at the others. */
#define STRAIGHT 15

/* The memory of `time`, `ready` and `syncFiles`: of the addon, so that it stays whatever JavaScript does with the arrays. */
struct reports {
  double time;                   /* of the wake-up: nanoseconds of CLOCK_MONOTONIC */
  int32_t ready[BATCH * REPORT]; /* token, events, status */
  int32_t sync_files[FENCED];    /* by token: descriptor of the sync file whose status is to be reported, or -1 */
  int holders;                   /* the poller and the ArrayBuffer */
};

struct poller {
  uv_poll_t poll; /* first: libuv hands it back */
  napi_env env;
  napi_ref callback;
  napi_async_cleanup_hook_handle cleanup;
  struct reports *reports;
  int16_t after[FENCED]; /* by token: whose transfer was over next, the last time */
  int last;              /* token whose transfer was over last, or -1 */
  int expected;          /* token whose transfer should be over next, or -1 */
  int straight;          /* wake-ups in a row that looked at one sync file only */
  int epoll;
  bool closing;
  bool collected; /* the JavaScript object is gone: the last one to leave frees */
  bool closed;    /* libuv is done with `poll` */
};

static void release_reports(struct reports *reports) {
  if (reports != NULL && --reports->holders == 0) free(reports);
}

static void array_buffer_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  release_reports(data);
}

static void free_if_unused(struct poller *poller) {
  if (!poller->collected || !poller->closed) return;
  release_reports(poller->reports);
  free(poller);
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
  poller->callback = NULL;
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

/*
 * Buffers take turns: mostly the transfer is over that was next the last time, and its status is needed anyway. So its
 * sync file is asked before epoll is. Everything is level-triggered: what else is ready wakes the loop again.
 */
static int report_expected(struct poller *poller) {
  struct reports *reports = poller->reports;
  int token = poller->expected;
  if (token < 0 || poller->straight >= STRAIGHT || reports->sync_files[token] < 0) return 0;
  int32_t status = sync_file_status(reports->sync_files[token]);
  if (status == 0) return 0;
  poller->straight++;
  poller->last = token;
  poller->expected = poller->after[token];
  reports->ready[0] = token;
  reports->ready[1] = EPOLLOUT;
  reports->ready[2] = status;
  return 1;
}

static int report_ready(struct poller *poller) {
  struct epoll_event events[BATCH];
  int32_t *report = poller->reports->ready;
  int count = epoll_wait(poller->epoll, events, BATCH, 0);
  /* Where several are over at a time, epoll tells of all of them in one call. */
  poller->straight = count > 1 ? STRAIGHT : 0;
  for (int index = 0; index < count; index++, report += REPORT) {
    int token = events[index].data.fd;
    int sync_file = token < FENCED ? poller->reports->sync_files[token] : -1;
    report[0] = token;
    report[1] = (int32_t)events[index].events;
    report[2] = sync_file < 0 ? 0 : sync_file_status(sync_file);
    if (sync_file < 0) continue;
    if (poller->last >= 0) poller->after[poller->last] = (int16_t)token;
    poller->last = token;
    poller->expected = poller->after[token];
  }
  return count;
}

static void woken(uv_poll_t *handle, int status, int events) {
  struct poller *poller = (struct poller *)handle;
  (void)status;
  (void)events;
  int count = report_expected(poller);
  if (count == 0) count = report_ready(poller);
  if (count <= 0) return;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  poller->reports->time = 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
  call_back(poller->env, NULL, poller->callback, count);
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

/* `time`, `ready` and `syncFiles`, as properties of `self`. */
static bool make_arrays(napi_env env, napi_value self, struct poller *poller) {
  napi_value buffer, time, ready, sync_files;
  struct reports *reports = malloc(sizeof *reports);
  if (reports == NULL) return false;
  memset(reports, 0xff, sizeof *reports);
  reports->holders = 2;
  poller->reports = reports;
  napi_status status =
      napi_create_external_arraybuffer(env, reports, offsetof(struct reports, holders), array_buffer_collected, NULL, &buffer);
  if (status == napi_no_external_buffers_allowed) reports->holders = 1;
  return status == napi_ok &&
         napi_create_typedarray(env, napi_float64_array, 1, buffer, 0, &time) == napi_ok &&
         napi_create_typedarray(env, napi_int32_array, BATCH * REPORT, buffer, offsetof(struct reports, ready), &ready) ==
             napi_ok &&
         napi_create_typedarray(env, napi_int32_array, FENCED, buffer, offsetof(struct reports, sync_files), &sync_files) ==
             napi_ok &&
         define_value(env, self, "time", time) && define_value(env, self, "ready", ready) &&
         define_value(env, self, "syncFiles", sync_files);
}

/* new Poller(callback(count)): `ready` holds `count` reports when it is called */
static napi_value construct(napi_env env, napi_callback_info info) {
  struct call call = call_construct(env, info, 1);
  napi_valuetype type;
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
  poller->last = poller->expected = -1;
  memset(poller->after, 0xff, sizeof poller->after);
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
      !make_arrays(env, call.self, poller)) {
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
