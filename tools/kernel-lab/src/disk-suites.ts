/** What the suites of disks have in common. */
const DISK = {
  program: 'mass-storage',
  kernels: ['stock'],
  /** What formats, checks and asks disks. */
  tools: [
    { program: 'mkfs.ext4', debianPackage: 'e2fsprogs' },
    { program: 'sfdisk', debianPackage: 'fdisk' },
    { program: 'sg_inq', debianPackage: 'sg3-utils' },
  ],
  alone: true,
  smoke: false,
  timeout: 900,
} as const;

/** Suites of the disk that a program serves, for the list of all suites. */
export const DISK_SUITES = [
  {
    ...DISK,
    name: 'mass-storage',
    description: "a disk of a program: the kernel's usb-storage partitions, formats, fills, ejects and unplugs it",
    arguments: [],
    controller: 'scatter-gather',
  },
  {
    ...DISK,
    name: 'mass-storage-copying',
    description: "the same disk on the distribution's own dummy_hcd: bytes are copied",
    arguments: ['--copying'],
    controller: 'distribution',
  },
] as const;
