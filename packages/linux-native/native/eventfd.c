/* Event descriptors: 64-bit counters to wake somebody up with. The calls for them also work on pipes. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "native.h"

/* eventfd() → descriptor that does not block */
static napi_value make(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 0);
  return call.ok ? made_result(env, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) : NULL;
}

/* eventSignal(fd) → 0 */
static napi_value signal_event(napi_env env, napi_callback_info info) {
  const uint64_t one = 1;
  struct call call = call_begin(env, info, 1);
  int fd = call_fd(&call, "fd");
  if (!call.ok) return NULL;
  ssize_t written = write(fd, &one, sizeof one);
  return result_of(env, written < 0 ? written : 0);
}

/* eventTake(fd) → the count, which is 0 afterwards */
static napi_value take(napi_env env, napi_callback_info info) {
  uint64_t count;
  struct call call = call_begin(env, info, 1);
  int fd = call_fd(&call, "fd");
  if (!call.ok) return NULL;
  ssize_t length = read(fd, &count, sizeof count);
  if (length < 0) return result_of(env, length);
  if (length != sizeof count) return result(env, -EPIPE);
  return result(env, count > INT64_MAX ? INT64_MAX : (int64_t)count);
}

bool register_eventfd(napi_env env, napi_value exports) {
  return export_function(env, exports, "eventfd", make) && export_function(env, exports, "eventSignal", signal_event) &&
         export_function(env, exports, "eventTake", take);
}
