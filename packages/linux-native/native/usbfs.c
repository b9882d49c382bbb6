/*
 * USB devices of this machine as usbfs shows them (Documentation/driver-api/usb/usb.rst, drivers/usb/core/devio.c). Transfers
 * are submitted and reaped without waiting; the kernel reads the memory of one in `submit` and writes it in `reap`, and that
 * memory is the addon's own. Calls that wait for the device run on a thread of the pool, one at a time; until it is back
 * nothing else is let in, because it would wait for the lock of the device.
 */
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uv.h>

#include "native.h"

#define TRANSFERS 64
#define FIELDS 3
#define LONGEST (64LL << 20)

/* What `begin` takes, by number; `first` and `second` are its arguments. */
enum request { OPEN, CLOSE, CLAIM_INTERFACE, RELEASE_INTERFACE, SET_CONFIGURATION, SET_INTERFACE, CLEAR_HALT, RESET, REQUESTS };

struct transfer {
  enum { FREE, PENDING, DONE } state;
  uint8_t *bytes;
  size_t room;
  struct usbdevfs_urb urb; /* last: it ends with an array of no length */
};

struct usbfs {
  uv_work_t work; /* first: libuv hands it back */
  uv_loop_t *loop;
  napi_env env;
  napi_ref self; /* held while a thread works */
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  int fd;
  bool working;
  bool ended;
  bool collected;
  enum request request;
  unsigned int first, second;
  int64_t outcome;
  char path[64];
  struct transfer *transfers[TRANSFERS];
};

/* Takes back every transfer, so that the kernel knows no address of ours any more, and closes the file. */
static int64_t close_device(struct usbfs *usbfs) {
  void *reaped;
  if (usbfs->fd < 0) return -EBADF;
  for (int slot = 0; slot < TRANSFERS; slot++) {
    struct transfer *transfer = usbfs->transfers[slot];
    if (transfer != NULL && transfer->state == PENDING) ioctl(usbfs->fd, USBDEVFS_DISCARDURB, &transfer->urb);
  }
  while (ioctl(usbfs->fd, USBDEVFS_REAPURBNDELAY, &reaped) == 0) continue;
  for (int slot = 0; slot < TRANSFERS; slot++)
    if (usbfs->transfers[slot] != NULL) usbfs->transfers[slot]->state = FREE;
  int result = close(usbfs->fd);
  usbfs->fd = -1;
  return result < 0 ? -errno : 0;
}

/* On the thread of the event loop, and never while another one works. */
static void end(struct usbfs *usbfs) {
  napi_async_cleanup_hook_handle cleanup = usbfs->cleanup;
  usbfs->ended = true;
  close_device(usbfs);
  for (int slot = 0; slot < TRANSFERS; slot++) {
    if (usbfs->transfers[slot] != NULL) free(usbfs->transfers[slot]->bytes);
    free(usbfs->transfers[slot]);
    usbfs->transfers[slot] = NULL;
  }
  if (usbfs->callback != NULL) napi_delete_reference(usbfs->env, usbfs->callback);
  if (usbfs->context != NULL) napi_async_destroy(usbfs->env, usbfs->context);
  usbfs->callback = NULL;
  usbfs->context = NULL;
  usbfs->cleanup = NULL;
  if (cleanup != NULL) napi_remove_async_cleanup_hook(cleanup);
}

/* The environment ends: a worker is terminated, or the process exits. It waits until the hook is removed. */
static void environment_ends(napi_async_cleanup_hook_handle handle, void *data) {
  struct usbfs *usbfs = data;
  (void)handle;
  usbfs->ended = true;
  if (!usbfs->working) end(usbfs);
}

static void collected(napi_env env, void *data, void *hint) {
  struct usbfs *usbfs = data;
  (void)env;
  (void)hint;
  usbfs->collected = true;
  if (usbfs->working) return;
  end(usbfs);
  free(usbfs);
}

static struct usbfs *this_usbfs(struct call *call) {
  struct usbfs *usbfs = NULL;
  if (!call->ok) return NULL;
  if (napi_unwrap(call->env, call->self, (void **)&usbfs) != napi_ok) {
    napi_throw_type_error(call->env, "ERR_INVALID_THIS", "not a Usbfs");
    return NULL;
  }
  return usbfs;
}

/* What every call that must not wait answers when it cannot go on: a negative errno, or 0. */
static int64_t unable(const struct usbfs *usbfs) {
  if (usbfs->working) return -EBUSY;
  return usbfs->ended || usbfs->fd < 0 ? -EBADF : 0;
}

/* new Usbfs(callback(result)): called when what was begun is over */
static napi_value construct(napi_env env, napi_callback_info info) {
  struct call call = call_construct(env, info, 1);
  napi_valuetype type;
  napi_value buffer, array, name;
  void *data;
  if (!call.ok) return NULL;
  if (napi_typeof(env, call.argument[0], &type) != napi_ok || type != napi_function) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "callback must be a function");
    return NULL;
  }
  struct usbfs *usbfs = calloc(1, sizeof *usbfs);
  if (usbfs == NULL) {
    napi_throw_error(env, "ENOMEM", "no memory for a Usbfs");
    return NULL;
  }
  usbfs->env = env;
  usbfs->fd = -1;
  if (napi_get_uv_event_loop(env, &usbfs->loop) != napi_ok ||
      napi_wrap(env, call.self, usbfs, collected, NULL, NULL) != napi_ok) {
    free(usbfs);
    return NULL;
  }
  if (napi_add_async_cleanup_hook(env, environment_ends, usbfs, &usbfs->cleanup) != napi_ok ||
      napi_create_reference(env, call.argument[0], 1, &usbfs->callback) != napi_ok ||
      napi_create_arraybuffer(env, TRANSFERS * FIELDS * sizeof(int32_t), &data, &buffer) != napi_ok ||
      napi_create_typedarray(env, napi_int32_array, TRANSFERS * FIELDS, buffer, 0, &array) != napi_ok ||
      !define_value(env, call.self, "done", array) ||
      napi_create_string_utf8(env, "gadgetloom.Usbfs", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, call.self, name, &usbfs->context) != napi_ok) {
    end(usbfs);
    return NULL;
  }
  return call.self;
}

static int64_t perform(struct usbfs *usbfs) {
  struct usbdevfs_setinterface setting = {.interface = usbfs->first, .altsetting = usbfs->second};
  switch (usbfs->request) {
    case OPEN: return open(usbfs->path, O_RDWR | O_CLOEXEC);
    case CLAIM_INTERFACE: return ioctl(usbfs->fd, USBDEVFS_CLAIMINTERFACE, &usbfs->first);
    case RELEASE_INTERFACE: return ioctl(usbfs->fd, USBDEVFS_RELEASEINTERFACE, &usbfs->first);
    case SET_CONFIGURATION: return ioctl(usbfs->fd, USBDEVFS_SETCONFIGURATION, &usbfs->first);
    case SET_INTERFACE: return ioctl(usbfs->fd, USBDEVFS_SETINTERFACE, &setting);
    case CLEAR_HALT: return ioctl(usbfs->fd, USBDEVFS_CLEAR_HALT, &usbfs->first);
    case RESET: return ioctl(usbfs->fd, USBDEVFS_RESET);
    default: errno = EINVAL; return -1;
  }
}

static void work(uv_work_t *data) {
  struct usbfs *usbfs = (struct usbfs *)data;
  if (usbfs->request == CLOSE) {
    usbfs->outcome = close_device(usbfs);
    return;
  }
  usbfs->outcome = perform(usbfs);
  if (usbfs->outcome < 0) usbfs->outcome = -errno;
}

static void worked(uv_work_t *data, int status) {
  struct usbfs *usbfs = (struct usbfs *)data;
  napi_env env = usbfs->env;
  usbfs->working = false;
  if (status == 0 && usbfs->request == OPEN && usbfs->outcome >= 0) usbfs->fd = (int)usbfs->outcome;
  if (usbfs->ended) end(usbfs);
  else call_back(env, usbfs->context, usbfs->callback, status < 0 ? status : (int32_t)usbfs->outcome);
  if (usbfs->collected) {
    free(usbfs);
    return;
  }
  /* The callback may have begun the next one. */
  if (!usbfs->working && usbfs->self != NULL) {
    napi_delete_reference(env, usbfs->self);
    usbfs->self = NULL;
  }
}

/* begin(request, first, second, path) → 0, or the negative errno; EBUSY: another call is not over */
static napi_value begin(napi_env env, napi_callback_info info) {
  char path[64];
  struct call call = call_begin(env, info, 4);
  enum request request = (enum request)call_integer(&call, "request", 0, REQUESTS - 1);
  unsigned int first = (unsigned int)call_integer(&call, "first", 0, UINT8_MAX);
  unsigned int second = (unsigned int)call_integer(&call, "second", 0, UINT8_MAX);
  call_string(&call, "path", path, sizeof path);
  struct usbfs *usbfs = this_usbfs(&call);
  if (usbfs == NULL) return NULL;
  if (usbfs->working) return result(env, -EBUSY);
  if (usbfs->ended || (usbfs->fd < 0) != (request == OPEN)) return result(env, -EBADF);
  usbfs->request = request;
  usbfs->first = first;
  usbfs->second = second;
  memcpy(usbfs->path, path, sizeof path);
  if (usbfs->self == NULL && napi_create_reference(env, call.self, 1, &usbfs->self) != napi_ok) return result(env, -ENOMEM);
  usbfs->working = true;
  int error = uv_queue_work(usbfs->loop, &usbfs->work, work, worked);
  if (error < 0) usbfs->working = false;
  return result(env, error);
}

/* A free slot with room for `length` bytes, or a negative errno. */
static int reserve(struct usbfs *usbfs, size_t length) {
  int slot = 0;
  while (slot < TRANSFERS && usbfs->transfers[slot] != NULL && usbfs->transfers[slot]->state != FREE) slot++;
  if (slot == TRANSFERS) return -EAGAIN;
  struct transfer *transfer = usbfs->transfers[slot];
  if (transfer == NULL && (transfer = usbfs->transfers[slot] = calloc(1, sizeof *transfer)) == NULL) return -ENOMEM;
  if (length > transfer->room || transfer->bytes == NULL) {
    uint8_t *bytes = malloc(length > 0 ? length : 1);
    if (bytes == NULL) return -ENOMEM;
    free(transfer->bytes);
    transfer->bytes = bytes;
    transfer->room = length;
  }
  return slot;
}

/*
 * submit(type, endpoint, flags, length, bytes?) → slot, or the negative errno.
 * The buffer of the transfer has `length` bytes, of which `bytes` are the first: all that is sent, or a SETUP packet.
 */
static napi_value submit(napi_env env, napi_callback_info info) {
  size_t given;
  struct call call = call_begin(env, info, 4);
  int type = (int)call_integer(&call, "type", USBDEVFS_URB_TYPE_INTERRUPT, USBDEVFS_URB_TYPE_BULK);
  int endpoint = (int)call_integer(&call, "endpoint", 0, UINT8_MAX);
  int flags = (int)call_integer(&call, "flags", 0, UINT8_MAX);
  int64_t length = call_integer(&call, "length", 0, LONGEST);
  uint8_t *bytes = call_bytes(&call, "bytes", &given, true);
  struct usbfs *usbfs = this_usbfs(&call);
  if (usbfs == NULL) return NULL;
  if (given > (size_t)length) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "there are more bytes than the transfer is long");
    return NULL;
  }
  int64_t error = unable(usbfs);
  int slot = error < 0 ? (int)error : reserve(usbfs, (size_t)length);
  if (slot < 0) return result(env, slot);
  struct transfer *transfer = usbfs->transfers[slot];
  if (given > 0) memcpy(transfer->bytes, bytes, given);
  /* Nothing of what this memory held before is sent. */
  memset(transfer->bytes + given, 0, endpoint & 0x80 ? 0 : (size_t)length - given);
  memset(&transfer->urb, 0, sizeof transfer->urb);
  transfer->urb.type = (unsigned char)type;
  transfer->urb.endpoint = (unsigned char)endpoint;
  transfer->urb.flags = (unsigned int)flags;
  transfer->urb.buffer = transfer->bytes;
  transfer->urb.buffer_length = (int)length;
  if (ioctl(usbfs->fd, USBDEVFS_SUBMITURB, &transfer->urb) < 0) return result_of(env, -1);
  transfer->state = PENDING;
  return result(env, slot);
}

/* reap() → how many triples of slot, status and actual length are in `done`; -ENODEV: the device is gone, and nothing is left */
static napi_value reap(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 0);
  struct usbfs *usbfs = this_usbfs(&call);
  napi_value array;
  void *data, *reaped;
  size_t length;
  napi_typedarray_type type;
  int count = 0;
  if (usbfs == NULL) return NULL;
  if (napi_get_named_property(env, call.self, "done", &array) != napi_ok ||
      napi_get_typedarray_info(env, array, &type, &length, &data, NULL, NULL) != napi_ok || type != napi_int32_array ||
      length < TRANSFERS * FIELDS)
    return result(env, -EINVAL);
  /* Only now: `done` may be a getter, and that may have closed the device, or begun a call on a thread. */
  int64_t error = unable(usbfs);
  if (error < 0) return result(env, error);
  int32_t *done = data;
  while (count < TRANSFERS) {
    if (ioctl(usbfs->fd, USBDEVFS_REAPURBNDELAY, &reaped) < 0) {
      if (count == 0 && errno != EAGAIN) return result_of(env, -1);
      break;
    }
    for (int slot = 0; slot < TRANSFERS; slot++) {
      struct transfer *transfer = usbfs->transfers[slot];
      if (transfer == NULL || reaped != &transfer->urb || transfer->state != PENDING) continue;
      transfer->state = DONE;
      done[FIELDS * count] = slot;
      done[FIELDS * count + 1] = transfer->urb.status;
      done[FIELDS * count + 2] = transfer->urb.actual_length;
      count++;
      break;
    }
  }
  return result(env, count);
}

/* take(slot, offset, into?): copies what arrived from `offset` on, as far as there is room, and frees the slot */
static napi_value take(napi_env env, napi_callback_info info) {
  size_t room;
  struct call call = call_begin(env, info, 2);
  int slot = (int)call_integer(&call, "slot", 0, TRANSFERS - 1);
  size_t offset = (size_t)call_integer(&call, "offset", 0, LONGEST);
  uint8_t *into = call_bytes(&call, "into", &room, true);
  struct usbfs *usbfs = this_usbfs(&call);
  if (usbfs == NULL) return NULL;
  if (usbfs->working) return result(env, -EBUSY);
  struct transfer *transfer = usbfs->transfers[slot];
  if (transfer == NULL || transfer->state != DONE) return result(env, -EINVAL);
  /* The kernel counts the data stage alone, which is behind the SETUP packet. */
  size_t arrived = (size_t)transfer->urb.actual_length + (transfer->urb.type == USBDEVFS_URB_TYPE_CONTROL ? 8 : 0);
  if (arrived > transfer->room) arrived = transfer->room;
  if (into != NULL && offset < arrived) memcpy(into, transfer->bytes + offset, room < arrived - offset ? room : arrived - offset);
  transfer->state = FREE;
  return result(env, 0);
}

/* discard(slot) → 0, or the negative errno; the transfer still ends as every other one */
static napi_value discard(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 1);
  int slot = (int)call_integer(&call, "slot", 0, TRANSFERS - 1);
  struct usbfs *usbfs = this_usbfs(&call);
  if (usbfs == NULL) return NULL;
  int64_t error = unable(usbfs);
  if (error < 0) return result(env, error);
  struct transfer *transfer = usbfs->transfers[slot];
  if (transfer == NULL || transfer->state != PENDING) return result(env, -EINVAL);
  return result_of(env, ioctl(usbfs->fd, USBDEVFS_DISCARDURB, &transfer->urb));
}

/* close(): everything is cancelled, and nothing of it is told. Twice is harmless. */
static napi_value close_now(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 0);
  struct usbfs *usbfs = this_usbfs(&call);
  if (usbfs == NULL || usbfs->ended) return NULL;
  usbfs->ended = true;
  if (!usbfs->working) end(usbfs);
  return NULL;
}

bool register_usbfs(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      {.utf8name = "begin", .method = begin, .attributes = napi_default_method},
      {.utf8name = "submit", .method = submit, .attributes = napi_default_method},
      {.utf8name = "reap", .method = reap, .attributes = napi_default_method},
      {.utf8name = "take", .method = take, .attributes = napi_default_method},
      {.utf8name = "discard", .method = discard, .attributes = napi_default_method},
      {.utf8name = "close", .method = close_now, .attributes = napi_default_method},
  };
  napi_value class;
  return napi_define_class(env, "Usbfs", NAPI_AUTO_LENGTH, construct, NULL, sizeof methods / sizeof methods[0], methods,
                           &class) == napi_ok &&
         napi_set_named_property(env, exports, "Usbfs", class) == napi_ok;
}
