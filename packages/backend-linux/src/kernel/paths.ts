/** Where the kernel's file systems are mounted. Tests put their own trees here. */
export interface LinuxPaths {
  readonly sys: string;
  readonly proc: string;
  readonly dev: string;
  /** Mount point of configfs. */
  readonly configfs: string;
  /** Candidate directories for mount points and notes, in order of preference. They must not survive a reboot. */
  readonly run: readonly string[];
  /** Directory that holds the modules of each kernel. */
  readonly modules: string;
  /** Directory of the records of `setup`, which root writes. */
  readonly setup: string;
}

/** The usual paths of Linux. */
export const LINUX_PATHS: LinuxPaths = {
  sys: '/sys',
  proc: '/proc',
  dev: '/dev',
  configfs: '/sys/kernel/config',
  run: ['/run/gadgetloom', '/tmp/gadgetloom'],
  modules: '/lib/modules',
  setup: '/run/gadgetloom-setup',
};
