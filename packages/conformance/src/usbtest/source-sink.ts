import { type Clock, isKernelError, MILLISECOND, sleep } from '@gadgetloom/core';
import {
  decodeEvents,
  type EndpointFile,
  type Ep0File,
  EVENT_SIZE,
  type FunctionFsMount,
} from '@gadgetloom/functionfs';
import { Request, RequestType, type SetupPacket, USB_DIR_IN, type UsbGadget } from '@gadgetloom/udc';
import type { ScenarioStack } from '../scenario/target.ts';
import { fillMod63, leavesMod63 } from './pattern63.ts';
import {
  type SourceSinkType,
  sourceSinkDescriptors,
  sourceSinkGadget,
  sourceSinkStrings,
} from './source-sink-descriptors.ts';

/** Bytes of each transfer (GZERO_BULK_BUFLEN); of periodic endpoints, a packet. */
const BULK_LENGTH = 4096;
const EVENTS_PER_READ = 4;
/** What a control transfer to a gadget has room for (USB_COMP_EP0_BUFSIZ). */
const CONTROL_LENGTH = 4096;

/** bRequest of Intel's control tests: what the one brings, the other gives back. Source: f_sourcesink.c, sourcesink_setup. */
export const CONTROL_WRITE = 0x5b;
/** See {@link CONTROL_WRITE}. */
export const CONTROL_READ = 0x5c;

/**
 * The device that usbtest wants: an IN endpoint that always has something to send, and an OUT endpoint that takes
 * everything. What it takes has to be the pattern. Source: f_sourcesink.c.
 */
export class SourceSink implements AsyncDisposable {
  /** Bytes that the sink took. */
  taken = 0;
  /** The first that was not as it should be. */
  fault: string | undefined;
  readonly #clock: Clock;
  readonly #gadget: UsbGadget;
  readonly #mount: FunctionFsMount;
  readonly #length: number;
  readonly #maxPacketSize: number;
  #kept = new Uint8Array(CONTROL_LENGTH);
  #closed = false;

  private constructor(clock: Clock, gadget: UsbGadget, mount: FunctionFsMount, type: SourceSinkType) {
    this.#clock = clock;
    this.#gadget = gadget;
    this.#mount = mount;
    this.#maxPacketSize = type === 'interrupt' ? 64 : 512;
    this.#length = type === 'bulk' ? BULK_LENGTH : this.#maxPacketSize;
  }

  /** Makes the gadget, binds it, and begins. */
  static async open(stack: ScenarioStack, type: SourceSinkType): Promise<SourceSink> {
    const gadget = await stack.controller.createGadget(sourceSinkGadget);
    const mount = await stack.functionFs.mount(sourceSinkGadget.configurations[0]!.functions[0]!.instance);
    const device = new SourceSink(stack.clock, gadget, mount, type);
    const ep0 = await mount.openEp0();
    await ep0.write(sourceSinkDescriptors(type));
    await ep0.write(sourceSinkStrings());
    const source = await mount.openEndpoint('ep1');
    const sink = await mount.openEndpoint('ep2');
    await gadget.bind();
    device.#always(() => device.#answer(ep0));
    device.#always(() => device.#send(source));
    device.#always(() => device.#take(sink));
    return device;
  }

  /** Unbinds, and ends what waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    if (this.#gadget.bound) await this.#gadget.unbind();
    await this.#mount[Symbol.asyncDispose]();
    await this.#gadget[Symbol.asyncDispose]();
  }

  /** Does it again and again, whatever becomes of it: a halt, a reset, another configuration are part of the tests. */
  #always(step: () => Promise<void>): void {
    const run = async (): Promise<void> => {
      while (!this.#closed)
        await step().catch(async (failure: unknown) => {
          if (!isKernelError(failure)) this.#wrong(String(failure));
          await sleep(this.#clock, MILLISECOND);
        });
    };
    void run();
  }

  async #send(source: EndpointFile): Promise<void> {
    await source.write(fillMod63(new Uint8Array(this.#length), this.#maxPacketSize));
  }

  async #take(sink: EndpointFile): Promise<void> {
    const into = new Uint8Array(this.#length);
    const count = await sink.read(into);
    const fault = leavesMod63(into.subarray(0, count), this.#maxPacketSize);
    if (fault !== undefined) this.#wrong(`The sink took ${count} bytes: ${fault}.`);
    this.taken += count;
  }

  async #answer(ep0: Ep0File): Promise<void> {
    const events = new Uint8Array(EVENTS_PER_READ * EVENT_SIZE);
    const count = await ep0.read(events);
    for (const event of decodeEvents(events.subarray(0, count)))
      if (event.type === 'SETUP') await this.#control(ep0, event.setup);
  }

  async #control(ep0: Ep0File, { requestType, request, length }: SetupPacket): Promise<void> {
    const reads = (requestType & USB_DIR_IN) !== 0;
    // What composite answers on controllers for SuperSpeed alone (composite_setup), and some others answer themselves.
    if (requestType === (USB_DIR_IN | RequestType.INTERFACE) && request === Request.GET_STATUS)
      await ep0.write(new Uint8Array(length));
    else if (!reads && request === CONTROL_WRITE) await ep0.read(this.#kept.subarray(0, length));
    else if (reads && request === CONTROL_READ) await ep0.write(this.#kept.subarray(0, length));
    // The wrong way stalls it, and fails with EL2HLT.
    else if (reads) await ep0.read(new Uint8Array(1));
    else await ep0.write(new Uint8Array(1));
  }

  #wrong(fault: string): void {
    this.fault ??= fault;
  }
}
