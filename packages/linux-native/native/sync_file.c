/* sync_file requests whose arguments hold pointers. */
#include <linux/sync_file.h>
#include <string.h>
#include <sys/ioctl.h>

#include "native.h"

/* More members than any buffer of ours can gather; a file with more is reported by its overall status. */
#define MOST_FENCES 64

/* syncMerge(fd, other, name) → descriptor */
static napi_value merge(napi_env env, napi_callback_info info) {
  struct sync_merge_data data;
  memset(&data, 0, sizeof data);
  struct call call = call_begin(env, info, 3);
  int fd = call_fd(&call, "fd");
  data.fd2 = call_fd(&call, "other");
  call_string(&call, "name", data.name, sizeof data.name);
  if (!call.ok) return NULL;
  if (ioctl(fd, SYNC_IOC_MERGE, &data) < 0) return result(env, -errno);
  return made_result(env, data.fence);
}

/*
 * syncFileInfo(fd, into) → number of fences, or the negative errno.
 * `into` takes a struct sync_file_info (56 bytes) and behind it as many struct sync_fence_info (80 bytes) as fit.
 */
static napi_value file_info(napi_env env, napi_callback_info info) {
  struct sync_file_info head;
  size_t length;
  struct call call = call_begin(env, info, 2);
  int fd = call_fd(&call, "fd");
  uint8_t *into = call_bytes(&call, "into", &length, false);
  if (!call.ok) return NULL;
  if (length < sizeof head) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "the array is too short for a struct sync_file_info");
    return NULL;
  }
  memset(&head, 0, sizeof head);
  size_t room = (length - sizeof head) / sizeof(struct sync_fence_info);
  head.num_fences = (uint32_t)(room > MOST_FENCES ? MOST_FENCES : room);
  head.sync_fence_info = (uint64_t)(uintptr_t)(into + sizeof head);
  if (ioctl(fd, SYNC_IOC_FILE_INFO, &head) < 0) return result(env, -errno);
  head.sync_fence_info = 0;
  memcpy(into, &head, sizeof head);
  return result(env, head.num_fences);
}

int32_t sync_file_status(int fd) {
  struct sync_file_info head;
  memset(&head, 0, sizeof head);
  if (ioctl(fd, SYNC_IOC_FILE_INFO, &head) < 0) return NO_ANSWER - errno;
  /* dma_fence_get_stub: a buffer without active fences exports one that says nothing about those before. */
  return head.status == 1 && strncmp(head.name, "stub-", 5) == 0 ? SIGNALED_BEFORE : head.status;
}

/* syncFileStatus(fd) → as sync_file_status */
static napi_value file_status(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 1);
  int fd = call_fd(&call, "fd");
  return call.ok ? result(env, sync_file_status(fd)) : NULL;
}

bool register_sync_file(napi_env env, napi_value exports) {
  return export_function(env, exports, "syncMerge", merge) && export_function(env, exports, "syncFileInfo", file_info) &&
         export_function(env, exports, "syncFileStatus", file_status);
}
