import { type Token, token } from '@gadgetloom/core';
import type { Direction, SetupPacket, TransferType, UsbSpeed } from '@gadgetloom/udc';
import type { HostAlternate, HostConfiguration } from './descriptors/configuration.ts';
import type { DeviceDescriptor } from './descriptors/device-descriptor.ts';
import type { HostTransfer } from './host-transfer.ts';
import type { UsbDevice } from './webusb/types.ts';

/**
 * The host that a gadget is plugged into, if this process can reach it: the model of a host at the end of a simulated
 * bus, or the host controller of this machine that a virtual device controller is wired to.
 */
export interface HostEnd {
  /** Says why this process cannot reach the host, and where to look instead. `undefined` if it can. */
  readonly elsewhere?: string | undefined;
  /**
   * Resolves with the device once it is enumerated and configured.
   *
   * @param timeout nanoseconds, 0: none
   * @throws KernelError ETIMEDOUT no device connected in time; any other errno names the step that failed
   */
  waitForDevice(timeout?: number): Promise<ConnectedDevice>;
  /** The devices that are enumerated and still connected. */
  readonly devices: readonly ConnectedDevice[];
  /** Suspends the bus; transfers under way end with ESHUTDOWN. Only some hosts can. @throws KernelError ENODEV no device */
  suspend?(): Promise<void>;
}

/** Token of the {@link HostEnd} of a stack. */
export const HOST_END: Token<HostEnd> = token('@gadgetloom/virtual-host:HostEnd');

/** A control transfer that can be cancelled. */
export interface PendingControl {
  /** Bytes that moved in the data stage, or a negative errno. */
  readonly done: Promise<number>;
  /** Ends the transfer with ECONNRESET. Does nothing once it has ended. */
  cancel(): void;
}

/** A data endpoint as a host uses it. */
export interface DevicePipe {
  /** bEndpointAddress. */
  readonly address: number;
  readonly direction: Direction;
  readonly type: TransferType;
  /** Bytes of a packet. */
  readonly maxPacketSize: number;
  /**
   * Queues a transfer. The transfer completes exactly once, after this call has returned.
   *
   * @param timeout nanoseconds after which it completes with ETIMEDOUT; 0: never
   * @throws KernelError EBUSY the transfer is submitted already; ENODEV, ENOENT the pipe takes no transfers now; EINVAL
   * the length does not fit the data
   */
  submit(transfer: HostTransfer, timeout?: number): void;
  /** Ends a transfer with ECONNRESET. @returns false if it is not submitted here, or is ending already */
  cancel(transfer: HostTransfer): boolean;
}

/** A device that a host has enumerated, until it is disconnected. */
export interface ConnectedDevice {
  readonly speed: UsbSpeed;
  readonly descriptor: DeviceDescriptor;
  readonly configurations: readonly HostConfiguration[];
  /** False once the device was unplugged or disconnected. */
  readonly connected: boolean;
  readonly product: string | undefined;
  readonly manufacturer: string | undefined;
  readonly serialNumber: string | undefined;
  /** The selected configuration; `undefined` while the device is not configured. */
  readonly configuration: HostConfiguration | undefined;
  /** The current alternate setting of each interface of the configuration. */
  readonly alternates: readonly HostAlternate[];
  /** The WebUSB face of this device. */
  readonly webusb: UsbDevice;
  /** The pipes of the current configuration and alternate settings, in the order of their descriptors. */
  endpoints(): DevicePipe[];
  /** @param address with the direction bit @throws KernelError ENOENT the current settings have no such endpoint */
  pipe(address: number): DevicePipe;
  /** A string that {@link string} has read before; `undefined` if it has not, or if there is none. */
  knownString(index: number): string | undefined;
  /** Reads a string in the first language of the device, and remembers it. @returns `undefined` if there is none */
  string(index: number): Promise<string | undefined>;
  /** Starts a control transfer. @param timeout nanoseconds; 0 for none, and 5 s unless given */
  startControl(setup: SetupPacket, data?: Uint8Array, timeout?: number): Promise<PendingControl>;
  /** SET_CONFIGURATION; 0 unconfigures the device. @throws KernelError EINVAL the device has no such configuration */
  setConfiguration(value: number): Promise<void>;
  /** SET_INTERFACE. @throws KernelError EINVAL the configuration has no such interface or alternate setting */
  setInterface(number: number, alternateSetting: number): Promise<void>;
  /** CLEAR_FEATURE(ENDPOINT_HALT). @param address with the direction bit */
  clearHalt(address: number): Promise<void>;
  /** Resets the device and restores its configuration and alternate settings. @throws KernelError ENODEV it did not return */
  reset(): Promise<void>;
  /** Takes an interface from the other drivers of this machine, if the host has any. @throws KernelError EBUSY */
  claimInterface?(number: number): Promise<void>;
  /** Undoes {@link claimInterface}. */
  releaseInterface?(number: number): Promise<void>;
}
