import type { OpenFile } from '@gadgetloom/core';

/**
 * The control file of an instance. The meaning of its reads and writes depends on the state. Source: f_fs.c, ffs_ep0_*.
 */
export interface Ep0File extends OpenFile {
  /** O_NONBLOCK. It may change at any time, and only affects the reading of events. */
  nonblock: boolean;
  /**
   * Writes first the descriptors, then the strings, each as one whole blob, and then answers to SETUP.
   *
   * @returns bytes written
   * @throws KernelError EINVAL a blob that is not accepted; ENOSYS unknown flag; EBADFD; ESRCH no SETUP is pending;
   *   EL2HLT the pending SETUP goes the other way, and has been stalled; EIDRM the SETUP was cancelled
   */
  write(bytes: Uint8Array): Promise<number>;
  /**
   * Reads events of 12 bytes each, or while a SETUP is pending, the data of that SETUP.
   *
   * @returns bytes read into `into`
   * @throws KernelError EAGAIN no event (nonblock); EINVAL less than 12 bytes; EL2HLT; EIDRM; EBADFD
   */
  read(into: Uint8Array): Promise<number>;
  /** poll(2) without waiting. POLLIN: events, or a SETUP to answer. POLLOUT: a blob or an answer is expected. */
  poll(events: number): number;
  /** Waits until one of `events` holds. Resolves with 0 after `timeout` nanoseconds. */
  ready(events: number, timeout?: number): Promise<number>;
  /**
   * FUNCTIONFS_INTERFACE_REVMAP: converts an interface number on the bus to the number inside the function.
   *
   * @throws KernelError ENODEV the host has not configured the device; EDOM not an interface of this function
   */
  interfaceRevmap(interfaceNumber: number): Promise<number>;
}
