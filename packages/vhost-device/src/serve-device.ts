import type { TraceSink } from '@gadgetloom/core';
import type { DeviceStatistics } from './device-statistics.ts';
import type { PciFunction, PciSlot } from './pci/pci-function.ts';

/** How a device is served. */
export interface ServeOptions {
  /** Path of the Unix socket to listen on. A socket that nobody listens on any more is replaced. */
  readonly socket: string;
  /** Makes the function; called for every front end that connects. There is one at a time, the others wait. */
  readonly create: (slot: PciSlot) => PciFunction;
  /**
   * The front end has gone. With an error, it was sent away: a message or virtqueue that cannot be (KernelError EPROTO, in
   * words), or the function's own exception, which is thrown at nobody else then.
   */
  readonly onDisconnect?: ((error: Error | undefined) => void) | undefined;
  /** Told each message, register access and interrupt. */
  readonly trace?: TraceSink | undefined;
}

/** A PCI device that a kernel can connect to, until it is disposed. */
export interface VhostDevice extends AsyncDisposable {
  /** Path of the socket. */
  readonly socket: string;
  /** Whether a front end is connected. */
  readonly connected: boolean;
  /** Counts, live. */
  readonly statistics: DeviceStatistics;
}

/**
 * Offers a PCI device on a Unix socket: the device end of vhost-user, for PCI over virtio.
 *
 * @throws InputError the socket's path or the configuration cannot be
 * @throws KernelError the socket cannot be made: EADDRINUSE another device is there
 */
export declare function serveDevice(options: ServeOptions): Promise<VhostDevice>;
