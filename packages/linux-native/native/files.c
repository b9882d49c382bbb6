/* Descriptors: what Node's fs module has no call for. */
#include <fcntl.h>
#include <linux/memfd.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "native.h"

/* Newer than some C libraries (Linux 5.9); the number is the same everywhere. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* How many descriptors closeAll takes. */
#define MOST_CLOSED 256

/* dup(fd) → descriptor, with close-on-exec */
static napi_value duplicate(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 1);
  int fd = call_fd(&call, "fd");
  return call.ok ? made_result(env, fcntl(fd, F_DUPFD_CLOEXEC, 3)) : NULL;
}

/* lseek(fd, offset, whence) → position */
static napi_value seek(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 3);
  int fd = call_fd(&call, "fd");
  int64_t offset = call_integer(&call, "offset", -(1LL << 53), 1LL << 53);
  int whence = (int)call_integer(&call, "whence", 0, 2);
  return call.ok ? result_of(env, lseek(fd, offset, whence)) : NULL;
}

/* setNonblock(fd, on) → 0 */
static napi_value set_nonblock(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 2);
  int fd = call_fd(&call, "fd");
  int64_t on = call_integer(&call, "on", 0, 1);
  if (!call.ok) return NULL;
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return result_of(env, flags);
  return result_of(env, fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

/* setRaw(fd) → 0: bytes pass through the terminal as they are */
static napi_value set_raw(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 1);
  int fd = call_fd(&call, "fd");
  struct termios mode;
  if (!call.ok) return NULL;
  int result = tcgetattr(fd, &mode);
  if (result < 0) return result_of(env, result);
  cfmakeraw(&mode);
  mode.c_cflag |= CREAD | CLOCAL;
  return result_of(env, tcsetattr(fd, TCSANOW, &mode));
}

/* memfd(name, size, seals) → descriptor of that size, sealed */
static napi_value memfd(napi_env env, napi_callback_info info) {
  char name[64];
  struct call call = call_begin(env, info, 3);
  call_string(&call, "name", name, sizeof name);
  int64_t size = call_integer(&call, "size", 0, 1LL << 53);
  int seals = (int)call_integer(&call, "seals", 0, 0x1f);
  if (!call.ok) return NULL;
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return result_of(env, fd);
  if (ftruncate(fd, size) < 0 || (seals != 0 && fcntl(fd, F_ADD_SEALS, seals) < 0)) {
    int error = errno;
    close(fd);
    return result(env, -error);
  }
  return made_result(env, fd);
}

/* poll(fd, events) → which of them hold now */
static napi_value poll_now(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 2);
  struct pollfd entry = {.fd = call_fd(&call, "fd")};
  entry.events = (short)call_integer(&call, "events", 0, INT16_MAX);
  if (!call.ok) return NULL;
  int count = poll(&entry, 1, 0);
  return count < 0 ? result_of(env, count) : result(env, entry.revents & POLLNVAL ? -EBADF : entry.revents);
}

static int by_number(const void *one, const void *other) {
  int32_t a = *(const int32_t *)one, b = *(const int32_t *)other;
  return (a > b) - (a < b);
}

/* close(fd) → 0 */
static napi_value close_one(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 1);
  int fd = call_fd(&call, "fd");
  if (!call.ok) return NULL;
  closing(env, fd);
  return result_of(env, close(fd));
}

/* Sorts descriptors. Negative ones and repeated ones are left out; the result is how many remain. */
static size_t sort_descriptors(int32_t *fds, size_t count) {
  size_t kept = 0;
  qsort(fds, count, sizeof fds[0], by_number);
  for (size_t at = 0; at < count; at++)
    if (fds[at] >= 0 && (kept == 0 || fds[at] != fds[kept - 1])) fds[kept++] = fds[at];
  return kept;
}

/* closeAll(descriptors, count): closes the first `count`, neighbours in one call */
static napi_value close_all(napi_env env, napi_callback_info info) {
  int32_t fds[MOST_CLOSED];
  size_t length;
  struct call call = call_begin(env, info, 2);
  const int32_t *given = call_integers(&call, "descriptors", &length);
  size_t count = (size_t)call_integer(&call, "count", 0, MOST_CLOSED);
  if (!call.ok) return NULL;
  if (count > length) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "there are fewer descriptors than count says");
    return NULL;
  }
  for (size_t at = 0; at < count; at++) fds[at] = given[at];
  count = sort_descriptors(fds, count);
  for (size_t at = 0; at < count; at++) closing(env, fds[at]);
  for (size_t first = 0, next; first < count; first = next) {
    for (next = first + 1; next < count && fds[next] - 1 == fds[next - 1];) next++;
    if (next - first > 1 && syscall(SYS_close_range, fds[first], fds[next - 1], 0) == 0) continue;
    for (size_t at = first; at < next; at++) close(fds[at]);
  }
  return NULL;
}

bool register_files(napi_env env, napi_value exports) {
  napi_value page_size;
  return napi_create_int64(env, sysconf(_SC_PAGESIZE), &page_size) == napi_ok &&
         napi_set_named_property(env, exports, "pageSize", page_size) == napi_ok &&
         export_function(env, exports, "dup", duplicate) && export_function(env, exports, "close", close_one) &&
         export_function(env, exports, "closeAll", close_all) && export_function(env, exports, "lseek", seek) &&
         export_function(env, exports, "poll", poll_now) && export_function(env, exports, "setNonblock", set_nonblock) &&
         export_function(env, exports, "setRaw", set_raw) &&
         export_function(env, exports, "memfd", memfd);
}
