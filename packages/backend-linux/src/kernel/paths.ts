/** Where the kernel's file systems are mounted. Tests put trees of their own here. */
export interface LinuxPaths {
  readonly sys: string;
  readonly proc: string;
  readonly dev: string;
  /** Where configfs is, or is to be, mounted. */
  readonly configfs: string;
  /** Directories to try, in this order, for mount points and notes of what was created: they must not survive a reboot. */
  readonly run: readonly string[];
  /** Directory of the modules of each kernel. */
  readonly modules: string;
  /** Where root keeps what it set up for others. */
  readonly setup: string;
}

/** Where Linux has them. */
export const LINUX_PATHS: LinuxPaths = {
  sys: '/sys',
  proc: '/proc',
  dev: '/dev',
  configfs: '/sys/kernel/config',
  run: ['/run/gadgetloom', '/tmp/gadgetloom'],
  modules: '/lib/modules',
  setup: '/run/gadgetloom-setup',
};
