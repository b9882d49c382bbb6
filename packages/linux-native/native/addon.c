#include "native.h"

NAPI_MODULE_INIT() {
  if (!register_environment(env, exports) || !register_files(env, exports) || !register_ioctl(env, exports) ||
      !register_sync_file(env, exports) ||
      !register_mapping(env, exports) || !register_mount(env, exports) || !register_poller(env, exports) ||
      !register_aio(env, exports) || !register_usbfs(env, exports) || !register_unix_socket(env, exports) ||
      !register_eventfd(env, exports) || !register_acl(env, exports))
    napi_throw_error(env, NULL, "the native part of @gadgetloom/linux-native could not be set up");
  return exports;
}
