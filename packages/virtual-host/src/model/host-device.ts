import { Errno, KernelError } from '@gadgetloom/core';
import { type SetupPacket, USB_DIR_IN, type UsbDeviceState, type UsbSpeed } from '@gadgetloom/udc';
import type { BosDescriptor } from '../descriptors/bos-descriptor.ts';
import { type HostAlternate, type HostConfiguration, initialAlternate } from '../descriptors/configuration.ts';
import type { DeviceDescriptor } from '../descriptors/device-descriptor.ts';
import type { ConnectedDevice } from '../host-end.ts';
import { requestName, requests } from '../requests.ts';
import { isSuperSpeed } from '../speed.ts';
import type { UsbDevice } from '../webusb/types.ts';
import { type Connection, stepError } from './connection.ts';
import type { ControlTransfer } from './control-pipe.ts';
import { DeviceLock } from './device-lock.ts';
import { type DeviceKnowledge, hasChanged } from './device-reading.ts';
import type { HostPipe } from './host-pipe.ts';
import { PipeSet } from './pipe-set.ts';
import { initializePort, PORT_INIT_TRIES, type PortInit } from './port-init.ts';

const remoteWakeup = 0x20;

/** The host, as its devices see it. */
export interface DevicePort {
  /** Forgets the device and enumerates the port again (hub_port_logical_disconnect). */
  reenumerate(device: HostDevice): void;
  webusb(device: HostDevice): UsbDevice;
}

/**
 * A device that the host has enumerated, until it is disconnected. Calls that fail throw a KernelError: ENODEV the device
 * is gone, EHOSTUNREACH it is suspended, EPIPE it stalled, EPROTO it did not answer, ETIMEDOUT, EINVAL there is no such
 * configuration or setting. Source: message.c, hub.c.
 */
export class HostDevice implements ConnectedDevice {
  readonly speed: UsbSpeed;
  readonly descriptor: DeviceDescriptor;
  readonly bos: BosDescriptor | undefined;
  readonly configurations: readonly HostConfiguration[];
  readonly #connection: Connection;
  readonly #knowledge: DeviceKnowledge;
  readonly #port: DevicePort;
  readonly #lock = new DeviceLock();
  readonly #pipes: PipeSet;
  #configuration: HostConfiguration | undefined;
  #alternates: HostAlternate[] = [];

  constructor(connection: Connection, knowledge: DeviceKnowledge, port: DevicePort) {
    this.#connection = connection;
    this.#knowledge = knowledge;
    this.#port = port;
    this.speed = connection.speed;
    this.descriptor = knowledge.descriptor;
    this.bos = knowledge.bos;
    this.configurations = knowledge.configurations;
    this.#pipes = new PipeSet(connection.speed, connection.context);
  }

  /** USB address, 1 to 127. */
  get address(): number {
    return this.#connection.address;
  }

  get state(): UsbDeviceState {
    return this.#connection.state;
  }

  /** False once the device was unplugged or disconnected. */
  get connected(): boolean {
    return !this.#connection.lost;
  }

  get product(): string | undefined {
    return this.knownString(this.descriptor.productIndex);
  }

  get manufacturer(): string | undefined {
    return this.knownString(this.descriptor.manufacturerIndex);
  }

  get serialNumber(): string | undefined {
    return this.knownString(this.descriptor.serialNumberIndex);
  }

  /** The selected configuration; `undefined` while the device is not configured. */
  get configuration(): HostConfiguration | undefined {
    return this.#configuration;
  }

  /** The current alternate setting of each interface of the configuration. */
  get alternates(): readonly HostAlternate[] {
    return this.#alternates;
  }

  /** The WebUSB face of this device. */
  get webusb(): UsbDevice {
    return this.#port.webusb(this);
  }

  /** The pipes of the current configuration and alternate settings, in the order of their descriptors. */
  endpoints(): HostPipe[] {
    return this.#alternates.flatMap(({ endpoints }) =>
      endpoints.flatMap(({ address }) => this.#pipes.at(address) ?? []),
    );
  }

  /** @param address with the direction bit @throws KernelError ENOENT the current settings have no such endpoint */
  pipe(address: number): HostPipe {
    const pipe = this.#pipes.at(address);
    if (pipe?.address === address) return pipe;
    const known = this.endpoints().map((open) => hex(open.address));
    const advice = known.length === 0 ? 'the device is not configured.' : `there are ${known.join(', ')}.`;
    throw new KernelError('ENOENT', `endpoint ${hex(address)}`, advice);
  }

  /** A string that {@link string} has read before; `undefined` if it has not, or if there is none. */
  knownString(index: number): string | undefined {
    return this.#knowledge.strings.known(index);
  }

  /** Reads a string in the first language of the device, and remembers it. @returns `undefined` if there is none */
  async string(index: number): Promise<string | undefined> {
    await this.#lock.idle();
    return this.#knowledge.strings.read(index);
  }

  /**
   * Runs {@link controlIn} or {@link controlOut}, by the direction bit of the request.
   *
   * @param timeout nanoseconds; 0 for none, and 5 s unless given
   */
  control(setup: SetupPacket, data?: Uint8Array, timeout?: number): Promise<Uint8Array | number> {
    return (setup.requestType & USB_DIR_IN) !== 0
      ? this.controlIn(setup, timeout)
      : this.controlOut(setup, data, timeout);
  }

  /** @returns what the device sent, up to `setup.length` bytes @throws KernelError */
  async controlIn(setup: SetupPacket, timeout?: number): Promise<Uint8Array> {
    const data = new Uint8Array(setup.length);
    const transfer = await this.startControl(setup, data, timeout);
    return data.subarray(0, succeeded(await transfer.done, setup));
  }

  /** @param data `setup.length` bytes @returns bytes that the device took @throws KernelError */
  async controlOut(setup: SetupPacket, data?: Uint8Array, timeout?: number): Promise<number> {
    if ((data?.length ?? 0) !== setup.length) {
      const advice = `wLength is ${setup.length} and there are ${data?.length ?? 0} bytes of data.`;
      throw new KernelError('EINVAL', requestName(setup), advice);
    }
    const transfer = await this.startControl(setup, data, timeout);
    return succeeded(await transfer.done, setup);
  }

  /** Starts a control transfer that can be cancelled. It waits for resets and changes of configuration under way. */
  async startControl(setup: SetupPacket, data?: Uint8Array, timeout?: number): Promise<ControlTransfer> {
    await this.#lock.idle();
    return this.#connection.control.start(setup, data, timeout);
  }

  /**
   * SET_CONFIGURATION; 0 unconfigures the device. All transfers end with ESHUTDOWN, and interfaces start with their
   * {@link initialAlternate}. If the request fails, the device is not configured.
   *
   * @throws KernelError EINVAL the device has no such configuration
   */
  setConfiguration(value: number): Promise<void> {
    return this.#lock.run(async () => {
      const configuration = this.configurations.find((known) => known.value === value);
      if (configuration === undefined && value !== 0) {
        const values = this.configurations.map((known) => known.value).join(', ');
        throw new KernelError('EINVAL', `SET_CONFIGURATION(${value})`, `the device has the configurations ${values}.`);
      }
      this.#expectReachable(`SET_CONFIGURATION(${value})`);
      this.#unconfigure();
      await this.#message(requests.setConfiguration(value));
      if (configuration === undefined) return;
      this.#configuration = configuration;
      this.#alternates = configuration.interfaces.map(initialAlternate);
      this.#connection.setState('configured');
      for (const alternate of this.#alternates) this.#pipes.open(alternate);
      await this.#knowledge.strings.read(configuration.nameIndex);
      for (const { nameIndex } of this.#alternates) await this.#knowledge.strings.read(nameIndex);
    });
  }

  /**
   * SET_INTERFACE. Transfers of the old setting end with ESHUTDOWN. If an interface with a single setting refuses, the host
   * clears its halts instead. If the request fails otherwise, the endpoints of the old setting stay closed.
   *
   * @throws KernelError EINVAL the configuration has no such interface or alternate setting
   */
  setInterface(number: number, alternateSetting: number): Promise<void> {
    return this.#lock.run(async () => {
      const step = `SET_INTERFACE(${number}, ${alternateSetting})`;
      this.#expectReachable(step);
      const index = this.#alternates.findIndex(({ interfaceNumber }) => interfaceNumber === number);
      const alternates = this.#configuration?.interfaces[index]?.alternates ?? [];
      const alternate = alternates.find((known) => known.alternateSetting === alternateSetting);
      if (alternate === undefined) throw new KernelError('EINVAL', step, 'there is no such interface or setting.');
      await this.#selectAlternate(index, alternate, alternates.length === 1);
      await this.#knowledge.strings.read(alternate.nameIndex);
    });
  }

  /** CLEAR_FEATURE(ENDPOINT_HALT). Queued transfers continue. @param address with the direction bit */
  async clearHalt(address: number): Promise<void> {
    const pipe = this.pipe(address);
    await this.#lock.idle();
    await this.#message(requests.clearHalt(address));
    pipe.wake();
  }

  /** SET_FEATURE(ENDPOINT_HALT). @param address with the direction bit */
  async setHalt(address: number): Promise<void> {
    this.pipe(address);
    await this.#lock.idle();
    await this.#message(requests.setHalt(address));
  }

  /**
   * Resets the port, addresses the device again and restores its configuration and alternate settings. Transfers end with
   * ESHUTDOWN. The host forgets a device that has changed or does not return, and enumerates the port again.
   * Source: hub.c, usb_reset_and_verify_device.
   *
   * @throws KernelError ENODEV the port is enumerated again; EINVAL the device is suspended or gone
   */
  reset(): Promise<void> {
    return this.#lock.run(async () => {
      if (!this.connected || this.state === 'suspended') {
        throw new KernelError('EINVAL', 'reset', `the device is ${this.state}.`);
      }
      await this.#resetAndVerify();
    });
  }

  /** Suspends the device; transfers end with ESHUTDOWN. Called by the host. @param wakeup it may wake the host */
  suspend(wakeup: boolean): Promise<void> {
    return this.#lock.run(async () => {
      this.#connection.expectPresent('suspend');
      if (this.state === 'suspended') return;
      if (wakeup && ((this.#configuration?.attributes ?? 0) & remoteWakeup) !== 0) {
        const result = await this.#connection.control.message(this.#wakeupRequest(true));
        if (result < 0) this.#connection.notice('the device does not accept to wake the host');
        this.#connection.expectPresent('suspend');
      }
      this.#pipes.shut('EHOSTUNREACH');
      this.#connection.suspend();
    });
  }

  /** Resumes the device, or resets it if it does not answer. Called by the host. Source: hub.c, finish_port_resume. */
  resume(): Promise<void> {
    return this.#lock.run(async () => {
      this.#connection.expectPresent('resume');
      if (this.state !== 'suspended') return;
      await this.#connection.resume(this.#configuration === undefined ? 'addressed' : 'configured');
      const status = new Uint8Array(2);
      const result = await this.#connection.control.message(requests.getDeviceStatus(), status);
      if (result < 0) {
        await this.#resetAndVerify();
        return;
      }
      await this.#disableWakeup(status[0]!);
      for (const alternate of this.#alternates) this.#pipes.open(alternate);
    });
  }

  /** Asks an endpoint again that answered NAK. Called by the host. */
  ready(address: number): void {
    if ((address & 0x0f) === 0) this.#connection.control.wake();
    else this.#pipes.ready(address);
  }

  /** Lets all pipes try again. Called by the host. */
  wakeAll(): void {
    this.#pipes.wakeAll();
  }

  /** Ends all transfers with ESHUTDOWN, because the device is gone. Called by the host. */
  lose(): void {
    this.#connection.lose();
    this.#pipes.shut('ENODEV');
    this.#configuration = undefined;
    this.#alternates = [];
  }

  async #resetAndVerify(): Promise<void> {
    this.#pipes.shut('ENODEV');
    const configuration = this.#configuration;
    try {
      const init = await this.#initialize();
      if (await hasChanged(this.#connection, this.#knowledge, init)) {
        throw new KernelError('ENODEV', 'reset', 'the descriptors changed during the reset.');
      }
      if (configuration !== undefined) await this.#restore(configuration);
    } catch (error) {
      if (this.connected) {
        this.#connection.report('reset failed', { reason: String(error) });
        this.#port.reenumerate(this);
      }
      throw new KernelError('ENODEV', 'reset', 'the device did not return from the reset as it was.', { cause: error });
    }
  }

  async #initialize(): Promise<PortInit> {
    for (let attempt = 0; ; attempt++) {
      this.#connection.control.flush();
      try {
        return await initializePort(this.#connection, attempt, this.descriptor);
      } catch (error) {
        const final = attempt + 1 === PORT_INIT_TRIES || (error as KernelError).code === 'ENODEV';
        if (final) throw error;
      }
    }
  }

  async #restore(configuration: HostConfiguration): Promise<void> {
    await this.#message(requests.setConfiguration(configuration.value));
    this.#connection.setState('configured');
    for (const [index, alternate] of this.#alternates.entries()) {
      const { alternates } = configuration.interfaces[index]!;
      if (alternate.alternateSetting === 0) this.#pipes.open(alternate);
      else await this.#selectAlternate(index, alternate, alternates.length === 1);
    }
  }

  async #selectAlternate(index: number, alternate: HostAlternate, single: boolean): Promise<void> {
    const { interfaceNumber, alternateSetting } = alternate;
    this.#pipes.close(this.#alternates[index]!);
    const setup = requests.setInterface(interfaceNumber, alternateSetting);
    const result = await this.#connection.control.message(setup);
    const manual = result === -Errno.EPIPE && single;
    if (!manual) succeeded(result, setup);
    this.#alternates[index] = alternate;
    if (manual) {
      for (const { address } of alternate.endpoints) {
        await this.#connection.control.message(requests.clearHalt(address));
      }
    }
    this.#connection.expectPresent(requestName(setup));
    this.#pipes.open(alternate);
  }

  #unconfigure(): void {
    for (const alternate of this.#alternates) this.#pipes.close(alternate);
    this.#configuration = undefined;
    this.#alternates = [];
    this.#connection.setState('addressed');
  }

  async #disableWakeup(deviceStatus: number): Promise<void> {
    if (this.#configuration === undefined) return;
    let enabled = (deviceStatus & 0x02) !== 0;
    if (isSuperSpeed(this.speed)) {
      const status = new Uint8Array(2);
      const result = await this.#connection.control.message(requests.getInterfaceStatus(0), status);
      enabled = result >= 0 && (status[0]! & 0x03) !== 0;
    }
    if (enabled) await this.#connection.control.message(this.#wakeupRequest(false));
    this.#connection.expectPresent('resume');
  }

  #wakeupRequest(on: boolean): SetupPacket {
    return isSuperSpeed(this.speed) ? requests.setFunctionWakeup(on) : requests.setRemoteWakeup(on);
  }

  async #message(setup: SetupPacket): Promise<void> {
    succeeded(await this.#connection.control.message(setup), setup);
    this.#connection.expectPresent(requestName(setup));
  }

  #expectReachable(step: string): void {
    this.#connection.expectPresent(step);
    if (this.state === 'suspended') throw new KernelError('EHOSTUNREACH', step, 'the bus is suspended; resume it.');
  }
}

function hex(address: number): string {
  return `0x${address.toString(16).padStart(2, '0')}`;
}

function succeeded(result: number, setup: SetupPacket): number {
  if (result < 0) throw stepError(requestName(setup), result);
  return result;
}
