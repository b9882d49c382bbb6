import { rmSync } from 'node:fs';
import { type Clock, errnoCode, isKernelError, KernelError, SystemClock, type TraceSink } from '@gadgetloom/core';
import { type Addon, loadAddon, type Poller } from '@gadgetloom/linux-native';
import { defaultVigilance, type Vigilance } from './attention.ts';
import { Connection } from './connection.ts';
import { closeDescriptors } from './descriptors.ts';
import { DeviceCounts, type DeviceStatistics } from './device-statistics.ts';
import type { PciFunction, PciSlot } from './pci/pci-function.ts';
import type { Report } from './report.ts';
import { listenAt } from './unix-listener.ts';

const EPOLLIN = 1;
const EAGAIN = -11;

/** Options of {@link serveDevice}. */
export interface ServeOptions {
  /** Path of the Unix socket to listen on. A stale socket is replaced. */
  readonly socket: string;
  /** Creates the function of a front end that connects. One front end is served at a time; the others wait. */
  readonly create: (slot: PciSlot) => PciFunction;
  /**
   * The front end has disconnected. With an error, the device has closed the connection: KernelError EPROTO is a
   * violation of the protocol, any other is an exception of the function or of `create`. Without `onDisconnect` that
   * exception is uncaught.
   */
  readonly onDisconnect?: ((error: Error | undefined) => void) | undefined;
  /** Receives each message, each access and each interrupt. */
  readonly trace?: TraceSink | undefined;
  /** Clock of the trace; the machine's unless given. */
  readonly clock?: Clock | undefined;
  /** How long the device polls for work after an access; the default for the machine unless given. */
  readonly vigilance?: Vigilance | undefined;
}

/** A PCI device that a kernel can connect to, until it is disposed. */
export interface VhostDevice extends AsyncDisposable {
  /** Path of the socket. */
  readonly socket: string;
  /** Whether a front end is connected. */
  readonly connected: boolean;
  /** Live counts. */
  readonly statistics: DeviceStatistics;
}

/**
 * Offers a PCI device on a Unix socket: the device end of vhost-user, for PCI over virtio.
 *
 * @throws Error the native part cannot be loaded
 * @throws InputError the path is empty, too long or contains a zero byte
 * @throws KernelError the socket cannot be created: EADDRINUSE the path is in use
 */
export async function serveDevice(options: ServeOptions): Promise<VhostDevice> {
  const addon = loadAddon();
  return new Server(addon, listenAt(addon, options.socket), options);
}

class Server implements VhostDevice {
  readonly socket: string;
  readonly statistics = new DeviceCounts();
  readonly #addon: Addon;
  readonly #listener: number;
  readonly #options: ServeOptions;
  readonly #report: Report;
  readonly #poller: Poller;
  #connection: Connection | undefined;
  #closed = false;

  constructor(addon: Addon, listener: number, options: ServeOptions) {
    this.#addon = addon;
    this.#listener = listener;
    this.#options = options;
    this.socket = options.socket;
    const { trace, clock = new SystemClock() } = options;
    this.#report =
      trace && ((what, details) => trace.event({ at: clock.now(), source: 'vhost-device', what, details }));
    this.#poller = new addon.Poller(() => this.#accept());
    this.#listen();
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection?.end(undefined);
    this.#poller.close();
    closeDescriptors(this.#listener);
    rmSync(this.socket, { force: true });
  }

  #listen(): void {
    this.#poller.add(this.#listener, 0, EPOLLIN);
  }

  #accept(): void {
    const socket = this.#addon.unixAccept(this.#listener);
    if (socket === EAGAIN) return;
    if (socket < 0) throw new KernelError(errnoCode(-socket), `accept ${this.socket}`);
    this.#poller.remove(this.#listener);
    this.statistics.connections++;
    this.#report?.('connected', {});
    this.#connection = new Connection({
      addon: this.#addon,
      socket,
      create: this.#options.create,
      counts: this.statistics,
      report: this.#report,
      vigilance: this.#options.vigilance ?? defaultVigilance(),
      ended: (error) => this.#ended(error),
    });
    this.#connection.start();
  }

  #ended(error: unknown): void {
    this.#connection = undefined;
    this.#report?.('disconnected', { reason: error === undefined ? undefined : String(error) });
    if (!this.#closed) this.#listen();
    const { onDisconnect } = this.#options;
    if (onDisconnect !== undefined) onDisconnect(error === undefined ? undefined : asError(error));
    // A violation by the front end is not the program's error; an exception of the function is.
    else if (error !== undefined && !isKernelError(error, 'EPROTO')) rethrow(error);
  }
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Throws outside the current call, as an uncaught exception. */
function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
