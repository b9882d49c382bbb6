/* Mappings as ArrayBuffers. A mapping ends once: when it is unmapped, or when its ArrayBuffer is collected. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native.h"

/* Held by the ArrayBuffer and by the handle that `unmap` takes; whichever goes last frees it. */
struct mapping {
  void *address;
  size_t length;
  int holders;
};

static const napi_type_tag handle_tag = {0x6761646765746c6f, 0x6f6d6d617070696e};

static void drop(struct mapping *mapping) {
  if (mapping->address != NULL) munmap(mapping->address, mapping->length);
  mapping->address = NULL;
}

static void release(struct mapping *mapping) {
  if (--mapping->holders == 0) free(mapping);
}

static void buffer_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  drop(hint);
  release(hint);
}

static void handle_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  release(data);
}

/*
 * mmap(fd, length, offset) → [ArrayBuffer, handle], or the negative errno. JavaScript has no arrays that cannot be written,
 * and writing to memory that is mapped for reading alone would end the process: so mappings are always writable.
 */
static napi_value map(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 3);
  int fd = call_fd(&call, "fd");
  int64_t length = call_integer(&call, "length", 0, 1LL << 40);
  int64_t offset = call_integer(&call, "offset", 0, 1LL << 53);
  napi_value buffer = NULL;
  if (!call.ok) return NULL;
  if ((uint64_t)length > SIZE_MAX) return result(env, -ENOMEM);
  struct mapping *mapping = malloc(sizeof *mapping);
  if (mapping == NULL) return result(env, -ENOMEM);
  mapping->length = (size_t)length;
  mapping->address = mmap(NULL, mapping->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
  if (mapping->address == MAP_FAILED) {
    int error = errno;
    free(mapping);
    return result(env, -error);
  }
  mapping->holders = 1;
  napi_status status =
      napi_create_external_arraybuffer(env, mapping->address, mapping->length, buffer_collected, mapping, &buffer);
  if (status == napi_no_external_buffers_allowed) {
    drop(mapping);
    release(mapping);
    napi_throw_error(env, NULL, "this runtime does not allow memory of the kernel as an ArrayBuffer");
    return NULL;
  }
  if (status != napi_ok) {
    /* Longer than this runtime's ArrayBuffers can be. It calls buffer_collected itself, later. */
    napi_value exception;
    napi_get_and_clear_last_exception(env, &exception);
    return result(env, -ENOMEM);
  }
  napi_value handle, pair;
  mapping->holders = 2;
  if (napi_create_external(env, mapping, handle_collected, NULL, &handle) != napi_ok) {
    mapping->holders = 1;
    return NULL;
  }
  if (napi_type_tag_object(env, handle, &handle_tag) != napi_ok || napi_create_array_with_length(env, 2, &pair) != napi_ok ||
      napi_set_element(env, pair, 0, buffer) != napi_ok || napi_set_element(env, pair, 1, handle) != napi_ok)
    return NULL;
  return pair;
}

/* unmap(buffer, handle): every view of the buffer is empty from now on, and the memory is gone */
static napi_value unmap(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 2);
  bool ours = false, detached = false;
  void *address = NULL;
  size_t length = 0;
  struct mapping *mapping = NULL;
  if (!call.ok) return NULL;
  napi_value buffer = call.argument[0];
  bool is_buffer = false;
  if (napi_check_object_type_tag(env, call.argument[1], &handle_tag, &ours) != napi_ok || !ours ||
      napi_is_arraybuffer(env, buffer, &is_buffer) != napi_ok || !is_buffer ||
      napi_get_value_external(env, call.argument[1], (void **)&mapping) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "not a mapping of this addon");
    return NULL;
  }
  if (napi_is_detached_arraybuffer(env, buffer, &detached) == napi_ok && detached) return NULL;
  if (napi_get_arraybuffer_info(env, buffer, &address, &length) != napi_ok || mapping->address == NULL || address != mapping->address) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "the buffer and the handle do not belong together");
    return NULL;
  }
  if (napi_detach_arraybuffer(env, buffer) == napi_ok) drop(mapping);
  return NULL;
}

bool register_mapping(napi_env env, napi_value exports) {
  return export_function(env, exports, "mmap", map) && export_function(env, exports, "unmap", unmap);
}
