/*
 * Reads and writes of files that only move data when the other end does, FunctionFS endpoints above all: submitted to the
 * kernel (io_submit(2)), so that no thread waits for them, and each one can be cancelled. The kernel reads and writes
 * memory of the addon's own, never memory that a script can give back in the meantime.
 */
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "native.h"

#define OPERATIONS 64
#define LONGEST (64LL << 20)

struct operation {
  struct iocb iocb;
  uint8_t *bytes; /* NULL: the slot is free */
  int64_t length;
  bool done;
};

struct aio {
  napi_env env;
  aio_context_t context;
  int eventfd;
  bool closed;
  struct operation operations[OPERATIONS];
};

static void end(struct aio *aio) {
  if (aio->closed) return;
  aio->closed = true;
  /* Cancels what is under way and returns when the kernel is done with the memory. */
  syscall(SYS_io_destroy, aio->context);
  close(aio->eventfd);
  for (int slot = 0; slot < OPERATIONS; slot++) {
    free(aio->operations[slot].bytes);
    aio->operations[slot].bytes = NULL;
  }
}

static void environment_ends(void *data) { end(data); }

static void collected(napi_env env, void *data, void *hint) {
  struct aio *aio = data;
  (void)hint;
  napi_remove_env_cleanup_hook(env, environment_ends, aio);
  end(aio);
  free(aio);
}

static struct aio *this_aio(struct call *call) {
  struct aio *aio = NULL;
  if (!call->ok) return NULL;
  if (napi_unwrap(call->env, call->self, (void **)&aio) != napi_ok) {
    napi_throw_type_error(call->env, "ERR_INVALID_THIS", "not an Aio");
    return NULL;
  }
  return aio;
}

/* new Aio(): `fd` is readable when something is over; `done` then takes pairs of slot and result */
static napi_value construct(napi_env env, napi_callback_info info) {
  struct call call = call_construct(env, info, 0);
  napi_value buffer, array, fd;
  void *data;
  if (!call.ok) return NULL;
  struct aio *aio = calloc(1, sizeof *aio);
  if (aio == NULL || (aio->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) {
    free(aio);
    napi_throw_error(env, "EMFILE", "no descriptor is free for an Aio");
    return NULL;
  }
  aio->env = env;
  if (syscall(SYS_io_setup, OPERATIONS, &aio->context) < 0) {
    close(aio->eventfd);
    free(aio);
    napi_throw_error(env, errno == ENOSYS ? "ENOSYS" : "EAGAIN", "the kernel gives no context for asynchronous I/O");
    return NULL;
  }
  if (napi_wrap(env, call.self, aio, collected, NULL, NULL) != napi_ok) {
    end(aio);
    free(aio);
    return NULL;
  }
  if (napi_add_env_cleanup_hook(env, environment_ends, aio) != napi_ok ||
      napi_create_arraybuffer(env, OPERATIONS * 2 * sizeof(int32_t), &data, &buffer) != napi_ok ||
      napi_create_typedarray(env, napi_int32_array, OPERATIONS * 2, buffer, 0, &array) != napi_ok ||
      !define_value(env, call.self, "done", array) ||
      napi_create_int32(env, aio->eventfd, &fd) != napi_ok ||
      !define_value(env, call.self, "fd", fd)) {
    end(aio);
    return NULL;
  }
  return call.self;
}

static napi_value submit(napi_env env, struct call *call, int fd, int opcode, const uint8_t *bytes, int64_t length) {
  struct aio *aio = this_aio(call);
  int slot = 0;
  if (aio == NULL) return NULL;
  if (aio->closed) return result(env, -EBADF);
  while (slot < OPERATIONS && aio->operations[slot].bytes != NULL) slot++;
  if (slot == OPERATIONS) return result(env, -EAGAIN);
  struct operation *operation = &aio->operations[slot];
  operation->bytes = malloc(length > 0 ? (size_t)length : 1);
  if (operation->bytes == NULL) return result(env, -ENOMEM);
  if (bytes != NULL) memcpy(operation->bytes, bytes, (size_t)length);
  operation->length = length;
  operation->done = false;
  memset(&operation->iocb, 0, sizeof operation->iocb);
  operation->iocb.aio_data = (uint64_t)slot;
  operation->iocb.aio_lio_opcode = (uint16_t)opcode;
  operation->iocb.aio_fildes = (uint32_t)fd;
  operation->iocb.aio_buf = (uint64_t)(uintptr_t)operation->bytes;
  operation->iocb.aio_nbytes = (uint64_t)length;
  operation->iocb.aio_flags = IOCB_FLAG_RESFD;
  operation->iocb.aio_resfd = (uint32_t)aio->eventfd;
  struct iocb *list[] = {&operation->iocb};
  if (syscall(SYS_io_submit, aio->context, 1L, list) == 1) return result(env, slot);
  int error = errno;
  free(operation->bytes);
  operation->bytes = NULL;
  return result(env, -error);
}

/* write(fd, bytes) → slot, or the negative errno */
static napi_value submit_write(napi_env env, napi_callback_info info) {
  size_t length;
  struct call call = call_begin(env, info, 2);
  int fd = call_fd(&call, "fd");
  uint8_t *bytes = call_bytes(&call, "bytes", &length, false);
  if (!call.ok) return NULL;
  if (length > LONGEST) return result(env, -ENOMEM);
  return submit(env, &call, fd, IOCB_CMD_PWRITE, bytes, (int64_t)length);
}

/* read(fd, length) → slot, or the negative errno */
static napi_value submit_read(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 2);
  int fd = call_fd(&call, "fd");
  int64_t length = call_integer(&call, "length", 0, LONGEST);
  return call.ok ? submit(env, &call, fd, IOCB_CMD_PREAD, NULL, length) : NULL;
}

/* reap() → how many pairs of slot and result are in `done` */
static napi_value reap(napi_env env, napi_callback_info info) {
  struct io_event events[OPERATIONS];
  struct timespec now = {0};
  struct call call = call_begin(env, info, 0);
  struct aio *aio = this_aio(&call);
  napi_value array;
  void *data;
  size_t length;
  napi_typedarray_type type;
  uint64_t count;
  if (aio == NULL) return NULL;
  if (napi_get_named_property(env, call.self, "done", &array) != napi_ok ||
      napi_get_typedarray_info(env, array, &type, &length, &data, NULL, NULL) != napi_ok || type != napi_int32_array ||
      length < OPERATIONS * 2)
    return result(env, -EINVAL);
  /* Only now: `done` may be a getter, and that may have closed it. */
  if (aio->closed) return result(env, 0);
  int32_t *pairs = data;
  if (read(aio->eventfd, &count, sizeof count) < 0 && errno != EAGAIN) return result_of(env, -1);
  long got = syscall(SYS_io_getevents, aio->context, 0L, (long)OPERATIONS, events, &now);
  if (got < 0) return result_of(env, got);
  for (long index = 0; index < got; index++) {
    int slot = (int)events[index].data;
    aio->operations[slot].done = true;
    pairs[2 * index] = slot;
    pairs[2 * index + 1] = (int32_t)events[index].res;
  }
  return result(env, got);
}

/* take(slot, into?): copies what was read, as far as there is room, and frees the slot of an operation that is over */
static napi_value take(napi_env env, napi_callback_info info) {
  size_t length;
  struct call call = call_begin(env, info, 1);
  int slot = (int)call_integer(&call, "slot", 0, OPERATIONS - 1);
  uint8_t *into = call_bytes(&call, "into", &length, true);
  struct aio *aio = this_aio(&call);
  if (aio == NULL) return NULL;
  struct operation *operation = &aio->operations[slot];
  if (operation->bytes == NULL || !operation->done) return result(env, -EINVAL);
  if (into != NULL) memcpy(into, operation->bytes, length < (size_t)operation->length ? length : (size_t)operation->length);
  free(operation->bytes);
  operation->bytes = NULL;
  return result(env, 0);
}

/* cancel(slot) → 0, or the negative errno; the operation still ends as every other one */
static napi_value cancel(napi_env env, napi_callback_info info) {
  struct io_event event;
  struct call call = call_begin(env, info, 1);
  int slot = (int)call_integer(&call, "slot", 0, OPERATIONS - 1);
  struct aio *aio = this_aio(&call);
  if (aio == NULL) return NULL;
  struct operation *operation = &aio->operations[slot];
  if (aio->closed || operation->bytes == NULL || operation->done) return result(env, -EINVAL);
  return result_of(env, syscall(SYS_io_cancel, aio->context, &operation->iocb, &event));
}

/* close(): what is under way is cancelled, and nothing of it is told. Twice is harmless. */
static napi_value close_aio(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 0);
  struct aio *aio = this_aio(&call);
  if (aio != NULL) end(aio);
  return NULL;
}

bool register_aio(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      {.utf8name = "read", .method = submit_read, .attributes = napi_default_method},
      {.utf8name = "write", .method = submit_write, .attributes = napi_default_method},
      {.utf8name = "reap", .method = reap, .attributes = napi_default_method},
      {.utf8name = "take", .method = take, .attributes = napi_default_method},
      {.utf8name = "cancel", .method = cancel, .attributes = napi_default_method},
      {.utf8name = "close", .method = close_aio, .attributes = napi_default_method},
  };
  napi_value class;
  return napi_define_class(env, "Aio", NAPI_AUTO_LENGTH, construct, NULL, sizeof methods / sizeof methods[0], methods,
                           &class) == napi_ok &&
         napi_set_named_property(env, exports, "Aio", class) == napi_ok;
}
