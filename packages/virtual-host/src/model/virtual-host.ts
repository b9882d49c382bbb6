import { type Clock, isKernelError, KernelError, type Timer, type TraceSink } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import type { BusDevice, UsbBus } from '@gadgetloom/udc/bus';
import type { HostEnd } from '../host-end.ts';
import { slowerOf } from '../speed.ts';
import { UsbHost, type UsbHostOptions } from '../webusb/usb-host.ts';
import { Cable } from './cable.ts';
import { Connection } from './connection.ts';
import { chooseConfiguration, readDevice } from './device-reading.ts';
import { HostDevice } from './host-device.ts';
import { initializePort, PORT_INIT_TRIES } from './port-init.ts';
import { busLanes } from './timing/bus-schedule.ts';

/** Options of a {@link VirtualHost}. */
export interface VirtualHostOptions {
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** The fastest speed of the port; `'super-plus'` unless given. */
  readonly maxSpeed?: UsbSpeed;
  /** Selects a configuration after enumeration, as a desktop host does; `true` unless given. */
  readonly autoConfigure?: boolean;
  /** Waits between the steps of enumeration as long as Linux does (debounce, reset, recovery); `false` unless given. */
  readonly delays?: boolean;
  /**
   * Gives the bus the timing of a real one: frames, packet overheads, turn-arounds, and pipes that wait for each other.
   * `false` unless given: transfers take no time. See {@link busTimes}.
   */
  readonly timed?: boolean;
  /** What programs may do through {@link VirtualHost.usb}. */
  readonly webusb?: UsbHostOptions;
}

interface Waiter {
  readonly resolve: (device: HostDevice) => void;
  readonly reject: (reason: KernelError) => void;
  timer: Timer | undefined;
}

const firstAddress = 2;
const addresses = 128;

/**
 * A USB host with one port. It enumerates what a simulated controller connects, in the way of Linux. After a failure it
 * enumerates the next device that connects.
 */
export class VirtualHost implements UsbBus, HostEnd, Disposable {
  readonly maxSpeed: UsbSpeed;
  /** The cable between the port and the device. It can be pulled. */
  readonly cable: Cable;
  /** What a browser has as `navigator.usb`. See {@link exposeWebUsb}. */
  readonly usb: UsbHost;
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  readonly #autoConfigure: boolean;
  readonly #delays: boolean;
  readonly #timed: boolean;
  readonly #waiters = new Set<Waiter>();
  readonly #wakeupCallbacks = new Set<() => void>();
  /** The device that pulled up, whether the cable is in or not. */
  #pulledUp: { readonly device: BusDevice; readonly speed: UsbSpeed } | undefined;
  /** The device that was connected when the cable was pulled. */
  #unpowered: BusDevice | undefined;
  #connection: Connection | undefined;
  #enumeration: Promise<void> | undefined;
  #device: HostDevice | undefined;
  /** True once the device is enumerated and configured. */
  #settled = false;
  #failure: KernelError | undefined;
  #nextAddress = firstAddress;
  #closed = false;

  constructor(options: VirtualHostOptions) {
    this.#clock = options.clock;
    this.#trace = options.trace;
    this.maxSpeed = options.maxSpeed ?? 'super-plus';
    this.#autoConfigure = options.autoConfigure ?? true;
    this.#delays = options.delays ?? false;
    this.#timed = options.timed ?? false;
    const events = {
      plugged: () => this.#plugged(),
      unplugged: () => this.#unplugged(),
      released: () => this.#device?.wakeAll(),
      ready: (address: number) => this.ready(address),
      packetSize: (address: number) => this.#packetSize(address),
    };
    this.cable = new Cable(this.#clock, events, this.#trace);
    this.usb = new UsbHost({ clock: this.#clock, enumerated: () => this.#enumerated() }, options.webusb);
  }

  /** The devices that are enumerated. There is one at most. */
  get devices(): readonly HostDevice[] {
    return this.#device === undefined ? [] : [this.#device];
  }

  /**
   * Resolves with the device once it is enumerated and, unless `autoConfigure` is off, configured.
   *
   * @param timeout nanoseconds, 0: none
   * @throws KernelError ETIMEDOUT no device connected in time; any other errno names the step that failed
   */
  waitForDevice(timeout = 0): Promise<HostDevice> {
    const device = this.#settled ? this.#device : undefined;
    // A device that refused its configuration may have accepted another one since.
    if (device !== undefined && (this.#failure === undefined || device.configuration !== undefined)) {
      return Promise.resolve(device);
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, timer: undefined };
      this.#waiters.add(waiter);
      if (timeout <= 0) return;
      waiter.timer = this.#clock.setTimer(timeout, () => {
        this.#waiters.delete(waiter);
        const advice = this.#pulledUp === undefined ? 'no device connected.' : 'enumeration has not finished.';
        reject(new KernelError('ETIMEDOUT', 'wait for device', advice));
      });
    });
  }

  /**
   * Called by a device that pulls up. The host enumerates it after this call has returned.
   *
   * @throws KernelError EBUSY the port is taken
   */
  connect(device: BusDevice, speed: UsbSpeed): void {
    if (this.#pulledUp !== undefined) {
      throw new KernelError('EBUSY', 'connect', 'a device is connected to this port; disconnect it first.');
    }
    this.#pulledUp = { device, speed };
    if (this.cable.plugged) this.#attach();
  }

  /** Called by a device that disconnects. Its transfers end with ESHUTDOWN. Does nothing if it is not connected. */
  disconnect(device: BusDevice): void {
    if (this.#pulledUp?.device !== device) return;
    this.#pulledUp = undefined;
    if (this.#connection !== undefined) this.#report('disconnect');
    this.#detach();
  }

  ready(address: number): void {
    const device = this.#device;
    if (device !== undefined) device.ready(address);
    else if ((address & 0x0f) === 0) this.#connection?.control.wake();
  }

  /** Called by a device that wakes the host, which resumes it if it is suspended. */
  wakeup(device: BusDevice): void {
    const sleeper = this.#device;
    if (!this.cable.reaches(device) || sleeper?.state !== 'suspended') return;
    this.#report('remote wakeup');
    for (const callback of this.#wakeupCallbacks) callback();
    sleeper.resume().catch((error: unknown) => this.#report('resume failed', { reason: String(error) }));
  }

  /** Calls back each time a device wakes the suspended bus, before the bus is resumed. */
  onRemoteWakeup(callback: () => void): Disposable {
    this.#wakeupCallbacks.add(callback);
    return { [Symbol.dispose]: () => void this.#wakeupCallbacks.delete(callback) };
  }

  /**
   * Suspends the bus. Transfers under way end with ESHUTDOWN.
   *
   * @param options `remoteWakeup` allows the device to wake the host, if its configuration can
   * @throws KernelError ENODEV no device
   */
  async suspend({ remoteWakeup = false }: { readonly remoteWakeup?: boolean } = {}): Promise<void> {
    await this.#present('suspend').suspend(remoteWakeup);
  }

  /** Resumes the bus. @throws KernelError ENODEV there is no device, or it did not return */
  async resume(): Promise<void> {
    await this.#present('resume').resume();
  }

  /** Closes the host. Those who wait for a device get ENODEV, and devices that connect are ignored. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.cable[Symbol.dispose]();
    this.#detach();
    this.#failure = closedError();
    this.#rejectWaiters(this.#failure);
  }

  /** Bytes of a packet, as the descriptors say; 64 for an endpoint that is not there. */
  #packetSize(address: number): number {
    if (address === 0) return this.#connection?.control.maxPacketSize ?? 64;
    return this.#device?.endpoints().find((pipe) => pipe.address === address)?.maxPacketSize ?? 64;
  }

  #present(operation: string): HostDevice {
    if (this.#device === undefined) throw new KernelError('ENODEV', operation, 'no device is enumerated.');
    return this.#device;
  }

  #plugged(): void {
    const device = this.#unpowered;
    this.#unpowered = undefined;
    // Deferred, because a callback of the device may pull or plug the cable.
    this.#clock.defer(() => device?.vbusChanged?.(true));
    this.#attach();
  }

  #unplugged(): void {
    const device = this.#pulledUp?.device;
    this.#unpowered = device;
    this.#clock.defer(() => device?.vbusChanged?.(false));
    const enumerating = this.#connection !== undefined && !this.#settled;
    this.#detach();
    if (enumerating) this.#fail(new KernelError('ENODEV', 'enumerate', 'the cable was pulled out.'));
  }

  #attach(): void {
    if (this.#pulledUp === undefined || this.#closed) return;
    const { device, speed } = this.#pulledUp;
    const actual = slowerOf(speed, this.maxSpeed);
    const connection = new Connection(actual, this.#chooseAddress(), {
      cable: this.cable,
      clock: this.#clock,
      trace: this.#trace,
      delays: this.#delays,
      lanes: this.#timed ? busLanes(this.#clock, actual) : undefined,
    });
    this.cable.attach(device);
    this.#connection = connection;
    this.#settled = false;
    this.#failure = undefined;
    this.#report('connect', { speed: connection.speed });
    this.#enumeration = new Promise((resolve) => this.#clock.defer(() => resolve(this.#enumerate(connection))));
  }

  #detach(): void {
    const device = this.#device;
    this.cable.attach(undefined);
    this.#connection?.lose();
    this.#connection = undefined;
    this.#device = undefined;
    this.#settled = false;
    this.#failure = undefined;
    if (device === undefined) return;
    device.lose();
    this.usb.removed(device);
  }

  async #enumerate(connection: Connection): Promise<void> {
    // A connection has to be stable for this long (HUB_DEBOUNCE_STABLE).
    await connection.pause(100);
    let failure: KernelError | undefined;
    for (let attempt = 0; attempt < PORT_INIT_TRIES && !connection.lost; attempt++) {
      if (attempt > 0) connection.readdress(this.#chooseAddress());
      try {
        const init = await initializePort(connection, attempt);
        const knowledge = await readDevice(connection, init, this.maxSpeed);
        await this.#adopt(connection, new HostDevice(connection, knowledge, this.#port));
        return;
      } catch (error) {
        if (!isKernelError(error)) throw error;
        failure = error;
        connection.report('enumeration failed', { attempt, reason: error.message });
        connection.control.flush();
      }
    }
    if (this.#connection === connection && failure !== undefined) this.#fail(failure);
  }

  /** Resolves once no device is being enumerated. */
  async #enumerated(): Promise<void> {
    for (let awaited: Promise<void> | undefined; awaited !== this.#enumeration; ) {
      awaited = this.#enumeration;
      await awaited;
    }
  }

  /** Configures a device whose descriptors are known, and tells those who wait for it. */
  async #adopt(connection: Connection, device: HostDevice): Promise<void> {
    this.#device = device;
    const { vendorId, productId } = device.descriptor;
    connection.report('device', { address: device.address, speed: device.speed, vendorId, productId });
    const failure = this.#autoConfigure ? await this.#configure(device) : undefined;
    if (this.#device !== device) return;
    this.#settled = true;
    this.usb.added(device);
    if (failure !== undefined) {
      this.#fail(failure);
      return;
    }
    for (const waiter of this.#takeWaiters()) waiter.resolve(device);
  }

  /** Selects the configuration. A device that refuses stays unconfigured (usb_generic_driver_probe). */
  async #configure(device: HostDevice): Promise<KernelError | undefined> {
    const configuration = chooseConfiguration(device, device.speed);
    if (configuration === undefined) {
      return new KernelError('ENODEV', 'configure', 'every configuration needs more current than the port supplies.');
    }
    try {
      await device.setConfiguration(configuration.value);
      return undefined;
    } catch (error) {
      if (!isKernelError(error)) throw error;
      return error;
    }
  }

  readonly #port = {
    reenumerate: (device: HostDevice): void => {
      if (device !== this.#device) return;
      this.#detach();
      this.#attach();
    },
    webusb: (device: HostDevice) => this.usb.represent(device),
  };

  #fail(failure: KernelError): void {
    this.#failure = failure;
    this.#report('enumeration given up', { reason: failure.message });
    this.#rejectWaiters(failure);
  }

  #rejectWaiters(reason: KernelError): void {
    for (const waiter of this.#takeWaiters()) waiter.reject(reason);
  }

  #takeWaiters(): Waiter[] {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const { timer } of waiters) timer?.cancel();
    return waiters;
  }

  /** The next free address; the root hub has 1 (choose_devnum). */
  #chooseAddress(): number {
    const address = this.#nextAddress;
    this.#nextAddress = address + 1 < addresses ? address + 1 : firstAddress;
    return address;
  }

  #report(what: string, details?: Readonly<Record<string, string | number | boolean>>): void {
    this.#trace?.event({ at: this.#clock.now(), source: 'host', what, ...(details === undefined ? {} : { details }) });
  }
}

function closedError(): KernelError {
  return new KernelError('ENODEV', 'wait for device', 'the host was closed.');
}
