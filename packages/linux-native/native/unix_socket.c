/* Unix stream sockets whose messages carry descriptors, which Node's net module does not pass on. Nothing here waits. */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "native.h"

/* As many as one message can carry: SCM_MAX_FD of the kernel. */
#define MOST_DESCRIPTORS 253

union control {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
};

/* A new socket, and the address for a path. */
static int open_socket(struct call *call, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  call_string(call, "path", address->sun_path, sizeof address->sun_path);
  if (call->ok && address->sun_path[0] == 0) {
    /* The kernel takes this for an abstract name, which every user of the machine may connect to. */
    call->ok = false;
    napi_throw_range_error(call->env, "ERR_OUT_OF_RANGE", "path must not be empty");
  }
  return call->ok ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
}

static napi_value closed_unless(napi_env env, int fd, bool ok) {
  int error = errno;
  if (ok) return made_result(env, fd);
  close(fd);
  return result(env, -error);
}

/* unixListen(path) → descriptor */
static napi_value listen_at(napi_env env, napi_callback_info info) {
  struct sockaddr_un address;
  struct call call = call_begin(env, info, 1);
  int fd = open_socket(&call, &address);
  if (!call.ok) return NULL;
  if (fd < 0) return result_of(env, fd);
  /* bind makes the file with the mode that the socket has. */
  bool ok = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 16) == 0;
  return closed_unless(env, fd, ok);
}

/* unixConnect(path) → descriptor */
static napi_value connect_to(napi_env env, napi_callback_info info) {
  struct sockaddr_un address;
  struct call call = call_begin(env, info, 1);
  int fd = open_socket(&call, &address);
  if (!call.ok) return NULL;
  if (fd < 0) return result_of(env, fd);
  return closed_unless(env, fd, connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
}

/* unixAccept(fd) → descriptor */
static napi_value accept_one(napi_env env, napi_callback_info info) {
  struct call call = call_begin(env, info, 1);
  int fd = call_fd(&call, "fd");
  return call.ok ? made_result(env, accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) : NULL;
}

/* sendMessage(fd, bytes, descriptors, count) → bytes sent */
static napi_value send_message(napi_env env, napi_callback_info info) {
  union control control;
  size_t length, available;
  struct call call = call_begin(env, info, 4);
  int fd = call_fd(&call, "fd");
  struct iovec part = {.iov_base = call_bytes(&call, "bytes", &length, false)};
  const int32_t *descriptors = call_integers(&call, "descriptors", &available);
  size_t count = (size_t)call_integer(&call, "count", 0, MOST_DESCRIPTORS);
  if (!call.ok) return NULL;
  if (count > available) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "there are fewer descriptors than count says");
    return NULL;
  }
  part.iov_len = length;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
  }
  return result_of(env, sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

/* receiveMessage(fd, bytes, descriptors) → bytes received; the descriptors that came with them, then -1 */
static napi_value receive_message(napi_env env, napi_callback_info info) {
  union control control;
  size_t length, room, count = 0;
  struct call call = call_begin(env, info, 3);
  int fd = call_fd(&call, "fd");
  struct iovec part = {.iov_base = call_bytes(&call, "bytes", &length, false)};
  int32_t *descriptors = call_integers(&call, "descriptors", &room);
  if (!call.ok) return NULL;
  if (room <= MOST_DESCRIPTORS) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "descriptors is too short for all that a message can carry");
    return NULL;
  }
  part.iov_len = length;
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t received = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  int error = errno;
  if (received >= 0) {
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      size_t more = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      memcpy(descriptors + count, CMSG_DATA(header), more * sizeof(int));
      for (size_t at = 0; at < more; at++) made(env, descriptors[count + at]);
      count += more;
    }
  }
  descriptors[count] = -1;
  return result(env, received < 0 ? -error : received);
}

bool register_unix_socket(napi_env env, napi_value exports) {
  return export_function(env, exports, "unixListen", listen_at) && export_function(env, exports, "unixConnect", connect_to) &&
         export_function(env, exports, "unixAccept", accept_one) && export_function(env, exports, "sendMessage", send_message) &&
         export_function(env, exports, "receiveMessage", receive_message);
}
