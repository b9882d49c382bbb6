import { KernelError, MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import type { SetupPacket } from '@gadgetloom/udc';
import { type ConnectedDevice, type DevicePipe, HostTransfer } from '@gadgetloom/virtual-host';
import type { ScenarioStack } from '../scenario/target.ts';
import { SourceSink } from './source-sink.ts';
import type { SourceSinkType } from './source-sink-descriptors.ts';

/** How long a transfer may take (SIMPLE_IO_TIMEOUT). */
const PATIENCE = 10 * SECOND;
const ENUMERATION = 30 * SECOND;

/** What a test has: the device, as its host sees it. Source: usbtest.c, struct usbtest_dev. */
export class Bench implements AsyncDisposable {
  readonly stack: ScenarioStack;
  readonly device: ConnectedDevice;
  readonly source: DevicePipe;
  readonly sink: DevicePipe;
  readonly #gadget: SourceSink;

  private constructor(stack: ScenarioStack, gadget: SourceSink, device: ConnectedDevice) {
    this.stack = stack;
    this.device = device;
    this.#gadget = gadget;
    this.source = one(device, 'in');
    this.sink = one(device, 'out');
  }

  /** Plugs a source and sink in, and finds its endpoints (get_endpoints). */
  static async open(stack: ScenarioStack, type: SourceSinkType = 'bulk'): Promise<Bench> {
    const gadget = await SourceSink.open(stack, type);
    try {
      const device = await stack.hostEnd!.waitForDevice(ENUMERATION);
      await device.claimInterface?.(0);
      return new Bench(stack, gadget, device);
    } catch (failure) {
      await gadget[Symbol.asyncDispose]();
      throw failure;
    }
  }

  /** A transfer of the whole of `data`: how it ended, and with how many bytes. */
  transfer(pipe: DevicePipe, data: Uint8Array): Promise<HostTransfer> {
    return new Promise((resolve) => {
      const transfer = new HostTransfer(data, resolve);
      // A device that takes whole buffers has to see where a transfer ends (URB_ZERO_PACKET).
      transfer.zeroPacket = pipe.direction === 'out' && pipe.type === 'bulk';
      pipe.submit(transfer, PATIENCE);
    });
  }

  /** A control transfer: bytes of its data stage, or a negative errno. */
  async control(setup: SetupPacket, data: Uint8Array = new Uint8Array(setup.length)): Promise<number> {
    return (await this.device.startControl(setup, data)).done;
  }

  /** Waits until the device has taken `bytes` in all. @throws Error it has not, or not as they were sent */
  async tookAll(bytes: number): Promise<void> {
    const { clock } = this.stack;
    for (const end = clock.now() + SECOND; this.#gadget.taken < bytes && clock.now() < end; )
      await sleep(clock, MILLISECOND);
    if (this.#gadget.taken !== bytes)
      throw new Error(`The device took ${this.#gadget.taken} bytes, and ${bytes} were sent.`);
  }

  /** Ends the test. @throws Error the device took what was not the pattern */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gadget[Symbol.asyncDispose]();
    if (this.#gadget.fault !== undefined) throw new Error(this.#gadget.fault);
  }
}

function one(device: ConnectedDevice, direction: 'in' | 'out'): DevicePipe {
  const pipe = device.endpoints().find((each) => each.direction === direction);
  if (pipe === undefined) throw new KernelError('EINVAL', 'usbtest', `the device has no ${direction} endpoint.`);
  return pipe;
}
