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
  /** Why the host is not in this process, and where to look instead; `undefined` if it is. */
  readonly elsewhere?: string | undefined;
  /**
   * Resolves with the device once it is enumerated and configured.
   *
   * @param timeout nanoseconds, 0: none
   * @throws KernelError ETIMEDOUT nothing connected in time; otherwise what failed
   */
  waitForDevice(timeout?: number): Promise<ConnectedDevice>;
  /** The devices that are enumerated and still connected. */
  readonly devices: readonly ConnectedDevice[];
  /** Suspends the bus; transfers under way end with ESHUTDOWN. Only some hosts can. @throws KernelError ENODEV no device */
  suspend?(): Promise<void>;
}

/** The host's end of a cable; see {@link HostEnd}. */
export const HOST_END: Token<HostEnd> = token('@gadgetloom/virtual-host:HostEnd');

/** A control transfer that can be cancelled. */
export interface PendingControl {
  /** Bytes that moved in the data stage, or a negative errno. */
  readonly done: Promise<number>;
  /** It ends with ECONNRESET. Harmless once it has ended. */
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
   * Queues a transfer. It completes later, exactly once, never from inside this call.
   *
   * @param timeout nanoseconds after which it completes with ETIMEDOUT; 0: never
   * @throws KernelError EBUSY it is submitted already; ENODEV, ENOENT the pipe takes none now; EINVAL the length
   */
  submit(transfer: HostTransfer, timeout?: number): void;
  /** It completes with ECONNRESET. @returns false, and nothing happens, if it is not submitted here or is ending already */
  cancel(transfer: HostTransfer): boolean;
}

/** A device that a host has enumerated, until it is disconnected. */
export interface ConnectedDevice {
  readonly speed: UsbSpeed;
  readonly descriptor: DeviceDescriptor;
  readonly configurations: readonly HostConfiguration[];
  /** False once it was unplugged or disconnected. */
  readonly connected: boolean;
  readonly product: string | undefined;
  readonly manufacturer: string | undefined;
  readonly serialNumber: string | undefined;
  /** The configuration that is set; `undefined` while the device is not configured. */
  readonly configuration: HostConfiguration | undefined;
  /** The alternate setting in force of each interface of the configuration. */
  readonly alternates: readonly HostAlternate[];
  /** The same device as WebUSB sees it. */
  readonly webusb: UsbDevice;
  /** Pipes of the current configuration and alternate settings, in the order of their descriptors. */
  endpoints(): DevicePipe[];
  /** @param address with the direction bit @throws KernelError ENOENT not part of the current setting */
  pipe(address: number): DevicePipe;
  /** A string that was read before; see {@link string}. */
  knownString(index: number): string | undefined;
  /** Reads a string in the device's first language, once. @returns `undefined` if there is none */
  string(index: number): Promise<string | undefined>;
  /** Starts a control transfer. @param timeout nanoseconds, 0: none; 5 s unless given */
  startControl(setup: SetupPacket, data?: Uint8Array, timeout?: number): Promise<PendingControl>;
  /** SET_CONFIGURATION; 0 takes the configuration away. @throws KernelError EINVAL no such configuration */
  setConfiguration(value: number): Promise<void>;
  /** SET_INTERFACE. @throws KernelError EINVAL no such interface or alternate setting */
  setInterface(number: number, alternateSetting: number): Promise<void>;
  /** CLEAR_FEATURE(ENDPOINT_HALT). @param address with the direction bit */
  clearHalt(address: number): Promise<void>;
  /** Resets the device; configuration and alternate settings are as before. @throws KernelError ENODEV it did not come back */
  reset(): Promise<void>;
  /** Takes an interface away from the other drivers of this machine, where there are others. @throws KernelError EBUSY */
  claimInterface?(number: number): Promise<void>;
  /** Undoes {@link claimInterface}. */
  releaseInterface?(number: number): Promise<void>;
}
