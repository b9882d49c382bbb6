import { Errno, isKernelError, KernelError } from '@gadgetloom/core';
import {
  type ControllerEvents,
  type EndpointCapabilities,
  type EndpointDescriptor,
  encodeSetup,
  type GadgetController,
  type GadgetDriver,
  type SetupPacket,
  type UsbEndpoint,
  type UsbRequest,
  type UsbSpeed,
} from '@gadgetloom/udc';

const NONE = { control: false, isochronous: false, bulk: false, interrupt: false, in: false, out: false };

/** Keeps what is queued until the test, as the host, completes it. */
export class BenchEndpoint implements UsbEndpoint {
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  readonly maxPacketLimit = 1024;
  readonly requests: UsbRequest[] = [];
  descriptor: EndpointDescriptor | undefined = undefined;
  halted = false;
  /** What the next call of this name fails with. */
  refusal: { readonly call: string; readonly code: 'EINVAL' | 'EAGAIN' | 'ESHUTDOWN' | 'ENOMEM' } | undefined =
    undefined;
  fifoStatus?: () => number;
  flushed = 0;

  constructor(name: string, capabilities: Partial<EndpointCapabilities>) {
    this.name = name;
    this.capabilities = { ...NONE, ...capabilities };
  }

  enable(descriptor: EndpointDescriptor): void {
    this.#told('enable');
    this.descriptor = descriptor;
    this.halted = false;
  }

  disable(): void {
    this.descriptor = undefined;
    while (this.requests.length > 0) this.finish(-Errno.ESHUTDOWN, 0);
  }

  queue(request: UsbRequest): void {
    this.#told('queue');
    request.status = -Errno.EINPROGRESS;
    request.actual = 0;
    this.requests.push(request);
  }

  dequeue(request: UsbRequest): void {
    const at = this.requests.indexOf(request);
    if (at < 0) throw new KernelError('EINVAL', `dequeue ${this.name}`);
    this.requests.splice(at, 1);
    complete(this, request, -Errno.ECONNRESET, 0);
  }

  setHalt(halted: boolean): void {
    this.#told('halt');
    if (halted && this.capabilities.in && this.requests.length > 0)
      throw new KernelError('EAGAIN', `halt ${this.name}`);
    this.halted = halted;
  }

  fifoFlush(): void {
    this.flushed++;
  }

  /** Completes the oldest request. */
  finish(status = 0, actual: number = this.requests[0]!.length): void {
    complete(this, this.requests.shift()!, status, actual);
  }

  /** The host reads: takes the bytes of the oldest request and completes it. */
  hostReads(): Uint8Array {
    const request = this.requests[0]!;
    const bytes = new Uint8Array(request.length);
    eachRun(request, (memory, at) => bytes.set(memory.subarray(0, bytes.length - at), at));
    this.finish();
    return bytes;
  }

  /** The host writes: fills the oldest request and completes it. */
  hostWrites(bytes: Uint8Array): void {
    const request = this.requests[0]!;
    eachRun(request, (memory, at) => memory.set(bytes.subarray(at, at + memory.length)));
    this.finish(0, bytes.length);
  }

  #told(call: string): void {
    if (this.refusal?.call !== call) return;
    const { code } = this.refusal;
    this.refusal = undefined;
    throw new KernelError(code, `${call} ${this.name}`);
  }
}

function complete(endpoint: UsbEndpoint, request: UsbRequest, status: number, actual: number): void {
  request.status = status;
  request.actual = actual;
  request.complete(endpoint, request);
}

/** Calls for each contiguous run of a request's memory, with its place in the transfer. */
function eachRun(request: UsbRequest, run: (memory: Uint8Array, at: number) => void): void {
  if (request.buffer !== undefined) run(request.buffer, 0);
  let at = 0;
  for (const { memory, offset, length } of request.sg?.entries ?? []) {
    if (at < request.length) run(memory.subarray(offset, offset + length), at);
    at += length;
  }
}

export interface BenchControllerOptions {
  readonly scatterGather?: boolean;
  readonly alignsOut?: boolean;
  readonly name?: string;
  readonly endpoints?: readonly BenchEndpoint[];
}

const bulk = (name: string, direction: 'in' | 'out'): BenchEndpoint =>
  new BenchEndpoint(name, { bulk: true, interrupt: true, isochronous: true, [direction]: true });

/** A controller that does nothing by itself: the test is its host. */
export class BenchController implements GadgetController {
  readonly driver = 'bench_udc';
  readonly name: string;
  readonly maxSpeed = 'super';
  speed: UsbSpeed | undefined = undefined;
  readonly scatterGather: boolean;
  readonly alignsOut: boolean;
  readonly dmaDevice: { readonly name: string };
  readonly ep0: BenchEndpoint = new BenchEndpoint('ep0', { control: true, in: true, out: true });
  readonly endpoints: readonly BenchEndpoint[];
  gadgetDriver: GadgetDriver | undefined = undefined;
  core: ControllerEvents | undefined = undefined;

  constructor(options: BenchControllerOptions = {}) {
    this.scatterGather = options.scatterGather ?? true;
    this.alignsOut = options.alignsOut ?? false;
    this.name = options.name ?? 'bench_udc.0';
    this.dmaDevice = { name: this.name };
    this.endpoints = options.endpoints ?? [
      bulk('ep1in', 'in'),
      bulk('ep2out', 'out'),
      bulk('ep6in', 'in'),
      bulk('ep7out', 'out'),
    ];
  }

  start(driver: GadgetDriver, core: ControllerEvents): void {
    this.gadgetDriver = driver;
    this.core = core;
  }

  stop(): void {
    this.gadgetDriver = undefined;
  }

  pullup(on: boolean): void {
    this.speed = on ? 'high' : undefined;
    if (!on) this.core?.stateChanged('not attached');
  }

  /** A control request of the host, up to what the device answers at once: `'stall EDOM'`, or what is queued. */
  control(setup: SetupPacket): string | UsbRequest | undefined {
    try {
      const answer = this.gadgetDriver!.setup(setup);
      return answer === 0 ? this.ep0.requests[0] : 'delayed';
    } catch (error) {
      if (!isKernelError(error)) throw error;
      return `stall ${error.code}`;
    }
  }

  /** SET_CONFIGURATION, with its status stage. */
  configure(value = 1): void {
    const answer = this.control({ requestType: 0, request: 9, value, index: 0, length: 0 });
    if (typeof answer === 'string') throw new Error(`SET_CONFIGURATION ${value}: ${answer}`);
    this.ep0.finish();
  }

  /** SET_INTERFACE; gives what the device answers. */
  setInterface(interfaceNumber: number, alternate: number): string | undefined {
    const setup = { requestType: 1, request: 11, value: alternate, index: interfaceNumber, length: 0 };
    const answer = this.control(setup);
    if (typeof answer === 'string') return answer;
    this.ep0.finish();
    return undefined;
  }

  endpoint(name: string): BenchEndpoint {
    return this.endpoints.find((endpoint) => endpoint.name === name)!;
  }
}

/** The bytes of a setup packet with an event's type behind, as ep0 gives them. */
export function setupEvent(setup: SetupPacket): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes.set(encodeSetup(setup));
  bytes[8] = 4;
  return bytes;
}
