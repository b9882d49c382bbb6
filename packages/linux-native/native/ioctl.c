/*
 * ioctl, for requests whose argument is a plain block of bytes. A request is accepted only if it is in the table: then
 * the kernel reads and writes nothing but the bytes given, which are checked to be as many as the request takes.
 */
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <linux/usb/functionfs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "native.h"
#include "uninterrupted.h"

/* Newer than the headers of the systems that this is built on (Linux 6.6 and 6.9). */
#ifndef FUNCTIONFS_DMABUF_ATTACH
struct usb_ffs_dmabuf_transfer_req {
  int fd;
  __u32 flags;
  __u64 length;
} __attribute__((packed));
#define FUNCTIONFS_DMABUF_ATTACH _IOW('g', 131, int)
#define FUNCTIONFS_DMABUF_DETACH _IOW('g', 132, int)
#define FUNCTIONFS_DMABUF_TRANSFER _IOW('g', 133, struct usb_ffs_dmabuf_transfer_req)
#endif
#ifndef DMA_BUF_IOCTL_EXPORT_SYNC_FILE
struct dma_buf_export_sync_file {
  __u32 flags;
  __s32 fd;
};
#define DMA_BUF_IOCTL_EXPORT_SYNC_FILE _IOWR(DMA_BUF_BASE, 2, struct dma_buf_export_sync_file)
#define DMA_BUF_IOCTL_IMPORT_SYNC_FILE _IOW(DMA_BUF_BASE, 3, struct dma_buf_export_sync_file)
#endif
#define SYNC_IOC_SET_DEADLINE_16 _IOC(_IOC_WRITE, '>', 5, 16)

struct request {
  const char *name;
  unsigned long code;
  /* Bytes of the argument; 0 for requests without. FUNCTIONFS_ENDPOINT_DESC writes bLength bytes, at most 9. */
  size_t size;
  /* Where the argument then has a descriptor that the request made; or one of those below. */
  int made;
};
#define NOTHING (-1)
#define RESULT (-2)

static const struct request requests[] = {
    {"DMA_HEAP_IOCTL_ALLOC", DMA_HEAP_IOCTL_ALLOC, sizeof(struct dma_heap_allocation_data), offsetof(struct dma_heap_allocation_data, fd)},
    {"UDMABUF_CREATE", UDMABUF_CREATE, sizeof(struct udmabuf_create), RESULT},
    {"DMA_BUF_IOCTL_SYNC", DMA_BUF_IOCTL_SYNC, sizeof(struct dma_buf_sync), NOTHING},
    {"DMA_BUF_IOCTL_EXPORT_SYNC_FILE", DMA_BUF_IOCTL_EXPORT_SYNC_FILE, 8, offsetof(struct dma_buf_export_sync_file, fd)},
    {"DMA_BUF_IOCTL_IMPORT_SYNC_FILE", DMA_BUF_IOCTL_IMPORT_SYNC_FILE, 8, NOTHING},
    {"SYNC_IOC_SET_DEADLINE", SYNC_IOC_SET_DEADLINE_16, 16, NOTHING},
    {"FUNCTIONFS_DMABUF_ATTACH", FUNCTIONFS_DMABUF_ATTACH, sizeof(int), NOTHING},
    {"FUNCTIONFS_FIFO_STATUS", FUNCTIONFS_FIFO_STATUS, 0, NOTHING},
    {"FUNCTIONFS_FIFO_FLUSH", FUNCTIONFS_FIFO_FLUSH, 0, NOTHING},
    {"FUNCTIONFS_CLEAR_HALT", FUNCTIONFS_CLEAR_HALT, 0, NOTHING},
    {"FUNCTIONFS_ENDPOINT_REVMAP", FUNCTIONFS_ENDPOINT_REVMAP, 0, NOTHING},
    {"FUNCTIONFS_ENDPOINT_DESC", FUNCTIONFS_ENDPOINT_DESC, 9, NOTHING},
    {"TIOCSBRK", TIOCSBRK, 0, NOTHING},
    {"TIOCCBRK", TIOCCBRK, 0, NOTHING},
    {"TIOCOUTQ", TIOCOUTQ, sizeof(int), NOTHING},
};
#define REQUESTS (sizeof requests / sizeof requests[0])

/* ioctl(fd, request, argument?) → result; `request` is the index of its name in `requests` */
static napi_value plain_ioctl(napi_env env, napi_callback_info info) {
  size_t length;
  struct call call = call_begin(env, info, 2);
  int fd = call_fd(&call, "fd");
  const struct request *request = &requests[call_integer(&call, "request", 0, REQUESTS - 1)];
  uint8_t *bytes = call_bytes(&call, "argument", &length, request->size == 0);
  if (!call.ok) return NULL;
  if (length < request->size) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "the argument of the ioctl is too short");
    return NULL;
  }
  int answer = ioctl(fd, request->code, request->size == 0 ? NULL : bytes);
  if (answer >= 0 && request->made != NOTHING) {
    int32_t descriptor = answer;
    if (request->made >= 0) memcpy(&descriptor, bytes + request->made, sizeof descriptor);
    made(env, descriptor);
  }
  return result_of(env, answer);
}

/* unknownIoctl(fd) → what the kernel answers to a FunctionFS request that does not exist */
static napi_value unknown_ioctl(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 1);
  int fd = call_fd(&call, "fd");
  return call.ok ? result_of(env, ioctl(fd, _IO('g', 200))) : NULL;
}

/* Descriptor of a sync file with the fence of the transfer, a negative errno, or NO_ANSWER minus errno. */
static int32_t transfer(napi_env env, struct transfer_call *call) {
  struct usb_ffs_dmabuf_transfer_req request = {.fd = call->buffer, .flags = 0};
  struct dma_buf_export_sync_file fence = {.flags = DMA_BUF_SYNC_RW, .fd = -1};
  struct timespec now;
  if (!(call->length >= 0 && call->length <= 9007199254740992.0)) return -EINVAL;
  request.length = (uint64_t)call->length;
  clock_gettime(CLOCK_MONOTONIC, &now);
  call->queued_at = 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
  const struct system_call question = {SYS_ioctl, {call->endpoint, FUNCTIONFS_ENDPOINT_REVMAP, 0}};
  const struct system_call submission = {SYS_ioctl, {call->endpoint, FUNCTIONFS_DMABUF_TRANSFER, (long)&request}};
  long submitted = uninterrupted(rseq_sequence(), &question, &submission);
  if (submitted < 0) return (int32_t)submitted;
  if (ioctl(call->buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &fence) < 0) return NO_ANSWER - errno;
  return made(env, fence.fd);
}

/*
 * dmabufTransfer(), with arguments and result in a struct transfer_call: the one that is called for every transfer.
 * NO_ANSWER minus errno if the transfer is under way and no sync file could be made.
 *
 * On an unbound function f_fs.c would dereference NULL, so the endpoint is first asked something harmless that only an
 * enabled one answers: disabling it is the first thing that unbinding does.
 */
static napi_value dmabuf_transfer(napi_env env, napi_callback_info info) {
  struct transfer_call *call = transfer_call(env);
  (void)info;
  call->result = transfer(env, call);
  return NULL;
}

/*
 * dmabufDetach(endpoint, buffer) → 0; ENXIO where the function is not bound, and f_fs.c would dereference NULL.
 *
 * An ATTACH of no descriptor fails with EBADF only if the function is bound: that is looked at first.
 */
static napi_value dmabuf_detach(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 2);
  int endpoint = call_fd(&call, "endpoint");
  int buffer = call_fd(&call, "buffer");
  int nothing = -1;
  if (!call.ok) return NULL;
  if (ioctl(endpoint, FUNCTIONFS_DMABUF_ATTACH, &nothing) < 0 && errno != EBADF)
    return errno == EPERM ? result(env, -ENXIO) : result_of(env, -1);
  return result_of(env, ioctl(endpoint, FUNCTIONFS_DMABUF_DETACH, &buffer));
}

/* interfaceRevmap(ep0, number) → number inside the function: the argument is the number itself */
static napi_value interface_revmap(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 2);
  int ep0 = call_fd(&call, "ep0");
  unsigned long number = (unsigned long)call_integer(&call, "number", 0, UINT8_MAX);
  return call.ok ? result_of(env, ioctl(ep0, FUNCTIONFS_INTERFACE_REVMAP, number)) : NULL;
}

/* setDmaBufName(fd, name) → 0 */
static napi_value set_name(napi_env env, napi_callback_info info) {
  char name[256];
  struct call call = call_begin(env, info, 2);
  int fd = call_fd(&call, "fd");
  call_string(&call, "name", name, sizeof name);
  return call.ok ? result_of(env, ioctl(fd, DMA_BUF_SET_NAME_B, name)) : NULL;
}

bool register_ioctl(napi_env env, napi_value exports) {
  napi_value names;
  if (napi_create_array_with_length(env, REQUESTS, &names) != napi_ok) return false;
  for (uint32_t index = 0; index < REQUESTS; index++) {
    napi_value name;
    if (napi_create_string_utf8(env, requests[index].name, NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_set_element(env, names, index, name) != napi_ok)
      return false;
  }
  return napi_set_named_property(env, exports, "requests", names) == napi_ok &&
         export_function(env, exports, "ioctl", plain_ioctl) &&
         export_function(env, exports, "unknownIoctl", unknown_ioctl) &&
         export_function(env, exports, "dmabufTransfer", dmabuf_transfer) &&
         export_function(env, exports, "dmabufDetach", dmabuf_detach) &&
         export_function(env, exports, "interfaceRevmap", interface_revmap) &&
         export_function(env, exports, "setDmaBufName", set_name);
}
