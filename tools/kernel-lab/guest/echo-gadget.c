/*
 * echo-gadget FOLDER
 *
 * A gadget in C, on the FunctionFS that is mounted in FOLDER: what the host writes to its bulk OUT endpoint comes back on its
 * bulk IN endpoint. Says "ready" when it can be bound, and ends when its endpoints do. For guests that are little-endian.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/usb/functionfs.h>

#define BULK(address, packet) \
  { sizeof(struct usb_endpoint_descriptor_no_audio), USB_DT_ENDPOINT, address, USB_ENDPOINT_XFER_BULK, packet, 0 }
#define INTERFACE { sizeof(struct usb_interface_descriptor), USB_DT_INTERFACE, 0, 0, 2, USB_CLASS_VENDOR_SPEC, 0, 0, 1 }
#define COMPANION { sizeof(struct usb_ss_ep_comp_descriptor), USB_DT_SS_ENDPOINT_COMP, 0, 0, 0 }
#define IN (USB_DIR_IN | 1)
#define OUT (USB_DIR_OUT | 2)

struct endpoints {
  struct usb_interface_descriptor interface;
  struct usb_endpoint_descriptor_no_audio in, out;
} __attribute__((packed));

static const struct {
  struct usb_functionfs_descs_head_v2 head;
  __le32 full_count, high_count, super_count;
  struct endpoints full, high;
  struct {
    struct usb_interface_descriptor interface;
    struct usb_endpoint_descriptor_no_audio in;
    struct usb_ss_ep_comp_descriptor in_companion;
    struct usb_endpoint_descriptor_no_audio out;
    struct usb_ss_ep_comp_descriptor out_companion;
  } __attribute__((packed)) super;
} __attribute__((packed)) descriptors = {
  { FUNCTIONFS_DESCRIPTORS_MAGIC_V2, sizeof(descriptors),
    FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC | FUNCTIONFS_HAS_SS_DESC },
  3, 3, 5,
  { INTERFACE, BULK(IN, 64), BULK(OUT, 64) },
  { INTERFACE, BULK(IN, 512), BULK(OUT, 512) },
  { INTERFACE, BULK(IN, 1024), COMPANION, BULK(OUT, 1024), COMPANION },
};

static const struct {
  struct usb_functionfs_strings_head head;
  __le16 language;
  char name[sizeof("Echo")];
} __attribute__((packed)) strings = {
  { FUNCTIONFS_STRINGS_MAGIC, sizeof(strings), 1, 1 }, 0x0409, "Echo",
};

int main(int count, char **words) {
  static char buffer[65536];
  if (count != 2 || chdir(words[1]) < 0)
    return 2;
  int ep0 = open("ep0", O_RDWR);
  if (write(ep0, &descriptors, sizeof(descriptors)) < 0 || write(ep0, &strings, sizeof(strings)) < 0) {
    perror("ep0");
    return 1;
  }
  int in = open("ep1", O_RDWR), out = open("ep2", O_RDWR);
  puts("ready");
  fflush(stdout);
  for (ssize_t length; (length = read(out, buffer, sizeof(buffer))) >= 0;)
    if (write(in, buffer, length) < 0)
      break;
  return 0;
}
