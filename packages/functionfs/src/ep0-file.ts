import type { OpenFile } from '@gadgetloom/core';

/** The control file of an instance. What it takes and gives depends on the state. Source: f_fs.c, ffs_ep0_*. */
export interface Ep0File extends OpenFile {
  /** O_NONBLOCK; may be changed at any time. It only matters for reading events. */
  nonblock: boolean;
  /**
   * First the descriptors, then the strings (each one whole blob), then answers to SETUP.
   *
   * @returns bytes taken
   * @throws KernelError EINVAL a blob that is not accepted; ENOSYS unknown flag; EBADFD; ESRCH no SETUP is pending;
   *   EL2HLT the pending SETUP goes the other way, and has been stalled; EIDRM the SETUP was cancelled
   */
  write(bytes: Uint8Array): Promise<number>;
  /**
   * Events (12 bytes each) while no SETUP is pending, otherwise the data of the pending SETUP.
   *
   * @returns bytes read into `into`
   * @throws KernelError EAGAIN no event (nonblock); EINVAL less than 12 bytes; EL2HLT; EIDRM; EBADFD
   */
  read(into: Uint8Array): Promise<number>;
  /** POLLIN events or a SETUP to answer; POLLOUT a blob or an answer is expected. Never waits. */
  poll(events: number): number;
  /** Waits until one of `events` holds; resolves with 0 after `timeout` nanoseconds without. */
  ready(events: number, timeout?: number): Promise<number>;
  /**
   * FUNCTIONFS_INTERFACE_REVMAP: the number inside the function of an interface on the bus.
   *
   * @throws KernelError ENODEV the host has not configured the device; EDOM not an interface of this function
   */
  interfaceRevmap(interfaceNumber: number): Promise<number>;
}
