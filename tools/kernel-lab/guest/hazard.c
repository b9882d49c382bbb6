/*
 * hazard NAME: does to the kernel, by raw system calls, what backend-linux refuses to do (docs/kernel-hazards.md there).
 * Run it as root on a kernel that you can do without. Whatever it prints last is what the kernel was asked to do when it
 * complained; `survived` if it came back.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/types.h>
#include <linux/udmabuf.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ATTACH _IOW('g', 131, int)
#define DETACH _IOW('g', 132, int)
#define TRANSFER _IOW('g', 133, struct transfer)
#define EXPORT_SYNC_FILE _IOWR('b', 2, struct sync_file)
#define EXPORT_READ 1
#define LENGTH 65536

struct transfer {
  int fd;
  __u32 flags;
  __u64 length;
} __attribute__((packed));

struct sync_file {
  __u32 flags;
  __s32 fd;
};

enum { HAS_FS = 1, HAS_HS = 2, HAS_SS = 4 };

#define GADGET "/sys/kernel/config/usb_gadget/hazard"
#define MOUNT "/tmp/hazard"

static int ep0, in, out;
static const char *mount_options;
static const char *controller;

static void say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\n");
  fflush(stdout);
}

static int must(int result, const char *what) {
  if (result >= 0) return result;
  say("%s: %s", what, strerror(errno));
  exit(2);
}

static void put(const char *path, const char *text) {
  int fd = must(open(path, O_WRONLY), path);
  must((int)write(fd, text, strlen(text)), path);
  close(fd);
}

static int buffer(void) {
  int memory = must(memfd_create("hazard", MFD_ALLOW_SEALING), "memfd_create");
  int device = must(open("/dev/udmabuf", O_RDWR), "/dev/udmabuf");
  must(ftruncate(memory, LENGTH), "ftruncate");
  must(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK), "F_ADD_SEALS");
  struct udmabuf_create create = {.memfd = (__u32)memory, .size = LENGTH};
  int fd = must(ioctl(device, UDMABUF_CREATE, &create), "UDMABUF_CREATE");
  close(device);
  close(memory);
  return fd;
}

static __u8 *le32(__u8 *at, __u32 value) {
  for (int shift = 0; shift < 32; shift += 8) *at++ = (__u8)(value >> shift);
  return at;
}

/* One interface with a bulk endpoint in each direction, for one speed. */
static __u8 *speed(__u8 *at, int packet, int super) {
  static const __u8 interface[] = {9, 4, 0, 0, 2, 0xff, 0, 0, 0};
  static const __u8 companion[] = {6, 48, 0, 0, 0, 0};
  static const __u8 addresses[] = {0x81, 0x02};
  at = mempcpy(at, interface, sizeof interface);
  for (int index = 0; index < 2; index++) {
    __u8 endpoint[] = {7, 5, addresses[index], 2, (__u8)packet, (__u8)(packet >> 8), 0};
    at = mempcpy(at, endpoint, sizeof endpoint);
    if (super) at = mempcpy(at, companion, sizeof companion);
  }
  return at;
}

/* A gadget with one function, whose descriptors are for these speeds, not bound yet. */
static void set_up(int speeds) {
  static const char *const folders[] = {"", "/configs/c.1", "/functions/ffs.hazard"};
  for (int index = 0; index < 3; index++) {
    char path[256];
    snprintf(path, sizeof path, "%s%s", GADGET, folders[index]);
    must(mkdir(path, 0755), path);
  }
  put(GADGET "/idVendor", "0x1d6b");
  put(GADGET "/idProduct", "0x0104");
  must(symlink(GADGET "/functions/ffs.hazard", GADGET "/configs/c.1/ffs.hazard"), "symlink");
  must(mkdir(MOUNT, 0755), MOUNT);
  must(mount("hazard", MOUNT, "functionfs", 0, mount_options), "mount");
  ep0 = must(open(MOUNT "/ep0", O_RDWR), "ep0");
  __u8 descriptors[512], *at = le32(descriptors, 3);
  at = le32(at + 4, (__u32)speeds);
  if (speeds & HAS_FS) at = le32(at, 3);
  if (speeds & HAS_HS) at = le32(at, 3);
  if (speeds & HAS_SS) at = le32(at, 5);
  if (speeds & HAS_FS) at = speed(at, 64, 0);
  if (speeds & HAS_HS) at = speed(at, 512, 0);
  if (speeds & HAS_SS) at = speed(at, 1024, 1);
  le32(descriptors + 4, (__u32)(at - descriptors));
  must((int)write(ep0, descriptors, (size_t)(at - descriptors)), "descriptors");
  __u8 strings[16];
  le32(le32(le32(le32(strings, 2), sizeof strings), 0), 0);
  must((int)write(ep0, strings, sizeof strings), "strings");
  in = must(open(MOUNT "/ep1", O_RDWR | O_NONBLOCK), "ep1");
  out = must(open(MOUNT "/ep2", O_RDWR | O_NONBLOCK), "ep2");
  DIR *list = opendir("/sys/class/udc");
  for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;)
    if (entry->d_name[0] != '.') controller = strdup(entry->d_name);
  errno = ENODEV;
  must(controller == NULL ? -1 : 0, "/sys/class/udc");
}

/* Binds, and waits until the host has chosen the configuration. */
static void bind(void) {
  put(GADGET "/UDC", controller);
  for (;;) {
    __u8 event[12];
    must((int)read(ep0, event, sizeof event), "event");
    if (event[8] == 2) return;
  }
}

static void unbind(void) {
  say("unbinding");
  put(GADGET "/UDC", "\n");
}

static int attached(int endpoint) {
  int fd = buffer();
  must(ioctl(endpoint, ATTACH, &fd), "ATTACH");
  return fd;
}

static void transfer(int endpoint, int fd) {
  struct transfer request = {.fd = fd, .length = LENGTH};
  say("TRANSFER");
  int result = ioctl(endpoint, TRANSFER, &request);
  say("TRANSFER answers %s", result < 0 ? strerror(errno) : "0");
}

static void detach(int endpoint, int fd) {
  say("DETACH");
  int result = ioctl(endpoint, DETACH, &fd);
  say("DETACH answers %s", result < 0 ? strerror(errno) : "0");
}

static void transfer_unbound(void) {
  set_up(HAS_FS | HAS_HS);
  bind();
  int fd = attached(out);
  unbind();
  transfer(out, fd);
}

static void detach_unbound(void) {
  set_up(HAS_FS | HAS_HS);
  bind();
  int fd = attached(out);
  unbind();
  detach(out, fd);
}

static void overlapping_in(void) {
  set_up(HAS_FS | HAS_HS);
  bind();
  int fd = attached(in);
  transfer(in, fd);
  transfer(in, fd);
  /* Ends both, the first one first. */
  unbind();
  usleep(200000);
}

static void sync_file_after_detach(void) {
  set_up(HAS_FS | HAS_HS);
  bind();
  int fd = attached(out);
  transfer(out, fd);
  struct sync_file exported = {.flags = EXPORT_READ};
  must(ioctl(fd, EXPORT_SYNC_FILE, &exported), "EXPORT_SYNC_FILE");
  struct pollfd wait = {.fd = exported.fd, .events = POLLIN};
  poll(&wait, 1, 0);
  detach(out, fd);
  usleep(200000);
  say("closing the sync file");
  close(exported.fd);
}

static void no_full_speed(void) {
  set_up(HAS_HS | HAS_SS);
  say("binding");
  bind();
}

static void reopen_bound(void) {
  mount_options = "no_disconnect=1";
  set_up(HAS_FS | HAS_HS);
  bind();
  close(in);
  close(out);
  close(ep0);
  say("opening ep0");
  ep0 = open(MOUNT "/ep0", O_RDWR);
}

static void module_unloaded(void) {
  set_up(HAS_FS | HAS_HS);
  bind();
  int fd = attached(out);
  transfer(out, fd);
  unbind();
  close(in);
  close(out);
  close(ep0);
  must(umount(MOUNT), "umount");
  must(unlink(GADGET "/configs/c.1/ffs.hazard"), "unlink");
  must(rmdir(GADGET "/functions/ffs.hazard"), "rmdir");
  say("unloading usb_f_fs");
  must((int)syscall(SYS_delete_module, "usb_f_fs", O_NONBLOCK), "delete_module");
  /* Stacks of the kernel come from where the module was, which is unmapped at the latest when it runs out of room. */
  for (int turn = 0; turn < 200; turn++) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, NULL, 0);
  }
  say("closing the buffer");
  close(fd);
}

static const struct {
  const char *name;
  void (*run)(void);
} hazards[] = {
    {"transfer-unbound", transfer_unbound},
    {"detach-unbound", detach_unbound},
    {"overlapping-in", overlapping_in},
    {"sync-file-after-detach", sync_file_after_detach},
    {"no-full-speed", no_full_speed},
    {"reopen-bound", reopen_bound},
    {"module-unloaded", module_unloaded},
};

int main(int count, char **arguments) {
  for (unsigned int index = 0; count == 2 && index < sizeof hazards / sizeof hazards[0]; index++) {
    if (strcmp(arguments[1], hazards[index].name) != 0) continue;
    hazards[index].run();
    usleep(200000);
    say("survived");
    return 0;
  }
  fprintf(stderr, "usage: hazard NAME\n");
  return 2;
}
