/* Access control lists of files (acl(5)), as the kernel has them: linux/posix_acl_xattr.h. */
#include <sys/xattr.h>

#include "native.h"

#define ACCESS "system.posix_acl_access"

/* readAcl(path, into) → bytes of the list; ENODATA: the file has none but its permission bits */
static napi_value read_acl(napi_env env, napi_callback_info info) {
  char path[4096];
  size_t room;
  struct call call = call_begin(env, info, 2);
  call_string(&call, "path", path, sizeof path);
  uint8_t *into = call_bytes(&call, "into", &room, false);
  return call.ok ? result_of(env, getxattr(path, ACCESS, into, room)) : NULL;
}

/* writeAcl(path, bytes) → 0 */
static napi_value write_acl(napi_env env, napi_callback_info info) {
  char path[4096];
  size_t length;
  struct call call = call_begin(env, info, 2);
  call_string(&call, "path", path, sizeof path);
  const uint8_t *bytes = call_bytes(&call, "bytes", &length, false);
  return call.ok ? result_of(env, setxattr(path, ACCESS, bytes, length, 0)) : NULL;
}

bool register_acl(napi_env env, napi_value exports) {
  return export_function(env, exports, "readAcl", read_acl) && export_function(env, exports, "writeAcl", write_acl);
}
