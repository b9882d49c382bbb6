/** Numbers of the user-space interface: include/uapi/linux/usb/functionfs.h. */

/** First word of each kind of blob that is written to ep0. */
export const Magic = {
  /** Descriptors as before Linux 3.14: no flags, full and high speed only. */
  DESCRIPTORS: 1,
  STRINGS: 2,
  DESCRIPTORS_V2: 3,
} as const;

/** Flags of a descriptor blob (enum functionfs_flags). Any other bit is ENOSYS. */
export const DescriptorFlag = {
  HAS_FS_DESC: 1,
  HAS_HS_DESC: 2,
  HAS_SS_DESC: 4,
  HAS_MS_OS_DESC: 8,
  /** Endpoint files, and endpoint requests, go by the address that was written: `ep81`. */
  VIRTUAL_ADDR: 16,
  /** An eventfd is signalled for every event. */
  EVENTFD: 32,
  /** Requests to the device and to other recipients are forwarded as well. */
  ALL_CTRL_RECIP: 64,
  /** Requests before SET_CONFIGURATION are forwarded as well. */
  CONFIG0_SETUP: 128,
} as const;

/** All flags that the kernel knows. */
export const DESCRIPTOR_FLAGS = 255;

/** Fewest bytes of a blob: a shorter write to ep0 is EINVAL. */
export const BLOB_MIN = 16;
/** Most bytes of a blob: what one kmalloc can give. A longer write to ep0 is ENOMEM. */
export const BLOB_MAX = 4 * 1024 * 1024;
/** Most endpoints of a function, per speed (FFS_MAX_EPS_COUNT counts ep0 as well). */
export const ENDPOINTS_MAX = 30;
