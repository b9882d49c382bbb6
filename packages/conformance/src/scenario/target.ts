import { type Clock, type Token, token } from '@gadgetloom/core';
import type { DmaBufExporter, DmaFences, Udmabuf } from '@gadgetloom/dmabuf';
import type { FunctionFs } from '@gadgetloom/functionfs';
import type { UsbDeviceController } from '@gadgetloom/udc';
import type { HostEnd } from '@gadgetloom/virtual-host';

/** The host that a scenario plays against; endpoints are counted from 0 in the order of the interface's descriptors. */
export interface ScenarioHost {
  /** Waits until the device is configured and interface 0 claimed. @throws KernelError ETIMEDOUT */
  configured(): Promise<void>;
  /**
   * A bulk IN transfer, as USBDEVFS_BULK.
   *
   * @param timeout nanoseconds
   * @throws KernelError ETIMEDOUT, EPIPE, EOVERFLOW, ENODEV, ESRCH not configured
   */
  bulkIn(endpoint: number, length: number, timeout: number): Promise<Uint8Array>;
  /** A bulk OUT transfer. Gives the bytes that the device took. */
  bulkOut(endpoint: number, data: Uint8Array, timeout: number): Promise<number>;
  /** SET_FEATURE(ENDPOINT_HALT). */
  halt(endpoint: number): Promise<void>;
  /** CLEAR_FEATURE(ENDPOINT_HALT). */
  clearHalt(endpoint: number): Promise<void>;
  /** SET_CONFIGURATION. @throws KernelError EPIPE the device refused it */
  setConfiguration(value: number): Promise<void>;
  /** SET_INTERFACE of interface 0. @throws KernelError EPIPE the device refused it */
  setInterface(alternate: number): Promise<void>;
  /** Port reset; the configuration is restored. */
  reset(): Promise<void>;
  /** Suspends the bus; hosts that cannot do not have it. */
  suspend?(): Promise<void>;
  /** A control transfer; OUT data is zeros. Gives the number of bytes moved. */
  control(requestType: number, request: number, value: number, index: number, length: number): Promise<number>;
  /**
   * Waits until everything asked for before is over or on its way to the device. A scenario that goes on beside a transfer
   * asks this first. A host may lack it with which that is so as soon as it is asked for something.
   */
  underway?(): Promise<void>;
}

/**
 * The host that scenarios play against, where it is no virtual host of the stack: another machine with a cable to a real
 * gadget, say. A plugin provides it beside a backend.
 */
export const SCENARIO_HOST: Token<ScenarioHost> = token('@gadgetloom/conformance:ScenarioHost');

/** One fresh stack to play a scenario on. Disposing it closes whatever the scenario left open. */
export interface ScenarioStack extends AsyncDisposable {
  readonly clock: Clock;
  readonly exporter: DmaBufExporter;
  /** Without it, `udmabuf` answers ENODEV. */
  readonly udmabuf: Udmabuf | undefined;
  readonly fences: DmaFences;
  readonly functionFs: FunctionFs;
  readonly controller: UsbDeviceController;
  readonly host: ScenarioHost;
  /** The host as a program sees it, with transfers that queue; requirements that need it do not apply without. */
  readonly hostEnd?: HostEnd | undefined;
}

/** What scenarios are played against: opens a fresh stack for each. */
export interface ScenarioTarget {
  readonly name: string;
  /** A stack of its own for one scenario, with nothing in it yet; it is closed afterwards. */
  open(): Promise<ScenarioStack>;
}
