/*
 * The host's end of the kernel benchmark, the same for everybody who is measured: keeps URBS bulk requests of SIZE bytes
 * queued at the first endpoint of that direction, until it is killed or whoever started it ends.
 *
 *   usbfs-pump VENDOR PRODUCT in|out SIZE URBS
 *
 * Waits for the device, and says "ready" once everything is queued. VENDOR and PRODUCT are hexadecimal.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MOST 64
#define DEVICES "/sys/bus/usb/devices"

static char device[256];

static ssize_t attribute(const char *name, void *into, size_t room) {
  char path[600];
  snprintf(path, sizeof path, DEVICES "/%s/%s", device, name);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  ssize_t size = read(fd, into, room);
  close(fd);
  return size;
}

static long number(const char *name, int base) {
  char text[32] = "";
  return attribute(name, text, sizeof text - 1) > 0 ? strtol(text, NULL, base) : -1;
}

/* The descriptor of the device, once it is there and configured. */
static int open_device(long vendor, long product) {
  for (int tries = 0; tries < 10000; tries++, usleep(2000)) {
    DIR *directory = opendir(DEVICES);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
      char node[64];
      snprintf(device, sizeof device, "%s", entry->d_name);
      if (number("idVendor", 16) != vendor || number("idProduct", 16) != product) continue;
      if (number("bConfigurationValue", 10) != 1) continue;
      snprintf(node, sizeof node, "/dev/bus/usb/%03ld/%03ld", number("busnum", 10), number("devnum", 10));
      int fd = open(node, O_RDWR | O_CLOEXEC), interface = 0;
      if (fd >= 0 && ioctl(fd, USBDEVFS_CLAIMINTERFACE, &interface) == 0) {
        closedir(directory);
        return fd;
      }
      if (fd >= 0) close(fd);
    }
    if (directory != NULL) closedir(directory);
  }
  return -1;
}

static unsigned char address_of(int in) {
  unsigned char bytes[1024];
  ssize_t size = attribute("descriptors", bytes, sizeof bytes);
  for (ssize_t at = 0; at + 2 < size && bytes[at] >= 2; at += bytes[at])
    if (bytes[at + 1] == 5 && (bytes[at + 2] & 0x80) == in) return bytes[at + 2];
  return 0;
}

int main(int count, char **word) {
  static struct usbdevfs_urb urbs[MOST];
  if (count != 6 || atoi(word[5]) < 1 || atoi(word[5]) > MOST) {
    fprintf(stderr, "usbfs-pump VENDOR PRODUCT in|out SIZE URBS\n");
    return count == 2 && strcmp(word[1], "--help") == 0 ? 0 : 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int fd = open_device(strtol(word[1], NULL, 16), strtol(word[2], NULL, 16));
  unsigned char address = fd < 0 ? 0 : address_of(strcmp(word[3], "in") == 0 ? 0x80 : 0);
  int size = atoi(word[4]);
  if (address == 0) {
    fprintf(stderr, "usbfs-pump: there is no such endpoint\n");
    return 1;
  }
  for (int at = 0; at < atoi(word[5]); at++) {
    urbs[at] = (struct usbdevfs_urb){.type = USBDEVFS_URB_TYPE_BULK, .endpoint = address, .buffer_length = size};
    urbs[at].buffer = malloc((size_t)size);
    memset(urbs[at].buffer, at + 1, (size_t)size);
    if (ioctl(fd, USBDEVFS_SUBMITURB, &urbs[at]) < 0) {
      perror("usbfs-pump: SUBMITURB");
      return 1;
    }
  }
  puts("ready");
  fflush(stdout);
  for (;;) {
    struct usbdevfs_urb *urb;
    if (ioctl(fd, USBDEVFS_REAPURB, &urb) < 0) {
      perror("usbfs-pump: REAPURB");
      return 1;
    }
    if (urb->status != 0 || urb->actual_length != size) {
      fprintf(stderr, "usbfs-pump: status %d, %d bytes\n", urb->status, urb->actual_length);
      return 1;
    }
    if (ioctl(fd, USBDEVFS_SUBMITURB, urb) < 0) {
      perror("usbfs-pump: SUBMITURB");
      return 1;
    }
  }
}
