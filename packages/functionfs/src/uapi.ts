/** Numbers of the user-space interface: include/uapi/linux/usb/functionfs.h. */

/** First word of each kind of blob that is written to ep0. */
export const Magic = {
  /** Format of descriptors before Linux 3.14: no flags, only full and high speed. */
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
  /** Endpoint files and endpoint requests use the written address: `ep81`. */
  VIRTUAL_ADDR: 16,
  /** The kernel signals an eventfd for every event. */
  EVENTFD: 32,
  /** The kernel also forwards requests to the device and to other recipients. */
  ALL_CTRL_RECIP: 64,
  /** The kernel also forwards requests before SET_CONFIGURATION. */
  CONFIG0_SETUP: 128,
} as const;

/** All flags that the kernel knows. */
export const DESCRIPTOR_FLAGS = 255;

/** Fewest bytes of a blob: a shorter write to ep0 is EINVAL. */
export const BLOB_MIN = 16;
/** Most bytes of a blob: the limit of one kmalloc. A longer write to ep0 is ENOMEM. */
export const BLOB_MAX = 4 * 1024 * 1024;
/** Most endpoints of a function, per speed (FFS_MAX_EPS_COUNT counts ep0 as well). */
export const ENDPOINTS_MAX = 30;
