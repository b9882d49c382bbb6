/* mount and umount, for functionfs and configfs alone. */
#include <string.h>
#include <sys/mount.h>

#include "native.h"

/* mount(source, target, type, options) → 0 */
static napi_value mount_file_system(napi_env env, napi_callback_info info) {
  char source[256], target[4096], type[32], options[1024];
  struct call call = call_begin(env, info, 4);
  call_string(&call, "source", source, sizeof source);
  call_string(&call, "target", target, sizeof target);
  call_string(&call, "type", type, sizeof type);
  call_string(&call, "options", options, sizeof options);
  if (!call.ok) return NULL;
  if (strcmp(type, "functionfs") != 0 && strcmp(type, "configfs") != 0) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "only functionfs and configfs can be mounted");
    return NULL;
  }
  return result_of(env, mount(source, target, type, MS_NOSUID | MS_NODEV | MS_NOEXEC, options));
}

/* umount(target) → 0 */
static napi_value unmount_file_system(napi_env env, napi_callback_info info) {
  char target[4096];
  struct call call = call_begin(env, info, 1);
  call_string(&call, "target", target, sizeof target);
  return call.ok ? result_of(env, umount2(target, UMOUNT_NOFOLLOW)) : NULL;
}

bool register_mount(napi_env env, napi_value exports) {
  return export_function(env, exports, "mount", mount_file_system) &&
         export_function(env, exports, "umount", unmount_file_system);
}
