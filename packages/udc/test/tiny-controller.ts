import { Errno, KernelError, VirtualClock } from '@gadgetloom/core';
import type {
  ControllerEvents,
  EndpointCapabilities,
  EndpointDescriptor,
  GadgetController,
  GadgetDriver,
  SetupPacket,
  UsbEndpoint,
  UsbRequest,
  UsbSpeed,
} from '@gadgetloom/udc';

type Feature = 'control' | 'isochronous' | 'bulk' | 'interrupt' | 'in' | 'out';

export function capabilities(...features: readonly Feature[]): EndpointCapabilities {
  return {
    control: features.includes('control'),
    isochronous: features.includes('isochronous'),
    bulk: features.includes('bulk'),
    interrupt: features.includes('interrupt'),
    in: features.includes('in'),
    out: features.includes('out'),
  };
}

/** An endpoint that keeps what is queued until the test completes it, and writes down what it is told. */
export class TinyEndpoint implements UsbEndpoint {
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  readonly maxPacketLimit: number;
  readonly requests: UsbRequest[] = [];
  readonly #log: string[];
  enabledFor: EndpointDescriptor | undefined = undefined;
  /** The next call of this name fails with this errno. */
  refusal: { readonly call: string; readonly code: 'EINVAL' | 'EAGAIN' | 'EBUSY' } | undefined = undefined;
  maxStreams?: number;
  setWedge?: () => void;
  fifoStatus?: () => number;
  fifoFlush?: () => void;

  constructor(log: string[], name: string, features: EndpointCapabilities, maxPacketLimit = 1024) {
    this.#log = log;
    this.name = name;
    this.capabilities = features;
    this.maxPacketLimit = maxPacketLimit;
  }

  enable(descriptor: EndpointDescriptor): void {
    this.#told('enable');
    this.enabledFor = descriptor;
  }

  disable(): void {
    this.#told('disable');
    this.enabledFor = undefined;
    for (let request = this.requests.shift(); request; request = this.requests.shift()) {
      this.#complete(request, -Errno.ESHUTDOWN, 0);
    }
  }

  queue(request: UsbRequest): void {
    this.#told('queue');
    request.status = -Errno.EINPROGRESS;
    this.requests.push(request);
  }

  dequeue(request: UsbRequest): void {
    this.#told('dequeue');
    const at = this.requests.indexOf(request);
    if (at < 0) throw new KernelError('EINVAL', 'dequeue');
    this.requests.splice(at, 1);
    this.#complete(request, -Errno.ECONNRESET, 0);
  }

  setHalt(halted: boolean): void {
    this.#told(halted ? 'halt' : 'resume');
  }

  /** Completes the oldest request. */
  finish(status = 0, actual = this.requests[0]?.length ?? 0): void {
    const request = this.requests.shift();
    if (request !== undefined) this.#complete(request, status, actual);
  }

  #told(call: string): void {
    this.#log.push(`${this.name} ${call}`);
    if (this.refusal?.call !== call) return;
    const { code } = this.refusal;
    this.refusal = undefined;
    throw new KernelError(code, `${this.name} ${call}`);
  }

  #complete(request: UsbRequest, status: number, actual: number): void {
    request.status = status;
    request.actual = actual;
    request.complete(this, request);
  }
}

export interface TinyOptions {
  readonly maxSpeed?: UsbSpeed;
  readonly lpmCapable?: boolean;
  readonly wakeupCapable?: boolean;
  /** Where calls are written down. */
  readonly log?: string[];
  /** Name, features, packet limit. */
  readonly endpoints?: readonly (readonly [string, EndpointCapabilities, number?])[];
}

const DEFAULT_ENDPOINTS: NonNullable<TinyOptions['endpoints']> = [
  ['ep1in', capabilities('bulk', 'interrupt', 'in')],
  ['ep2out', capabilities('bulk', 'interrupt', 'out')],
  ['ep-a', capabilities('bulk', 'in')],
  ['ep-b', capabilities('bulk', 'out')],
];

/** What a control transfer came to. */
export type Control = { readonly data: number[]; readonly zero: boolean } | 'delayed' | `stall ${string}`;

/** A controller that does nothing by itself: the test is its host. */
export class TinyController implements GadgetController {
  readonly log: string[];
  readonly driver = 'tiny_udc';
  readonly name = 'tiny_udc.0';
  readonly maxSpeed: UsbSpeed;
  readonly lpmCapable: boolean;
  readonly wakeupCapable: boolean;
  readonly scatterGather = true;
  readonly dmaDevice = { name: 'tiny_udc.0' };
  readonly ep0: TinyEndpoint;
  readonly endpoints: readonly TinyEndpoint[];
  speed: UsbSpeed | undefined = undefined;
  gadgetDriver: GadgetDriver | undefined = undefined;
  core: ControllerEvents | undefined = undefined;
  /** The next call of this name fails. */
  refusal: string | undefined = undefined;
  selfPowered = false;
  milliamperes = 0;
  remoteWakeup = false;
  functionWakeup?: (interfaceNumber: number) => void;

  constructor(options: TinyOptions = {}) {
    this.log = options.log ?? [];
    this.maxSpeed = options.maxSpeed ?? 'high';
    this.lpmCapable = options.lpmCapable ?? false;
    this.wakeupCapable = options.wakeupCapable ?? true;
    this.ep0 = new TinyEndpoint(this.log, 'ep0', capabilities('control', 'in', 'out'), 64);
    this.endpoints = (options.endpoints ?? DEFAULT_ENDPOINTS).map(
      ([name, features, limit]) => new TinyEndpoint(this.log, name, features, limit),
    );
  }

  setSpeed(speed: UsbSpeed): void {
    this.#told(`speed ${speed}`);
    this.speed = speed;
  }

  start(driver: GadgetDriver, core: ControllerEvents): void {
    this.#told('start');
    this.gadgetDriver = driver;
    this.core = core;
  }

  stop(): void {
    this.#told('stop');
    this.gadgetDriver = undefined;
  }

  pullup(on: boolean): void {
    this.#told(on ? 'pullup on' : 'pullup off');
  }

  asyncCallbacks(on: boolean): void {
    this.#told(on ? 'callbacks on' : 'callbacks off');
  }

  checkConfiguration(): void {
    this.#told('check configuration');
  }

  setSelfPowered(on: boolean): void {
    this.selfPowered = on;
  }

  setRemoteWakeup(on: boolean): void {
    this.remoteWakeup = on;
  }

  vbusDraw(milliamperes: number): void {
    this.milliamperes = milliamperes;
  }

  endpoint(name: string): TinyEndpoint {
    const found = this.endpoints.find((endpoint) => endpoint.name === name);
    if (found === undefined) throw new Error(`no endpoint ${name}`);
    return found;
  }

  /** Makes a control transfer up to its answer, which is completed at once. */
  control(setup: SetupPacket): Control {
    this.ep0.requests.length = 0;
    const driver = this.gadgetDriver;
    if (driver === undefined) return 'stall not started';
    let answer: number;
    try {
      answer = driver.setup(setup);
    } catch (refusal) {
      if (!(refusal instanceof KernelError)) throw refusal;
      return `stall ${refusal.code}`;
    }
    return answer === 0x7fff ? 'delayed' : this.answered();
  }

  /** What is queued on endpoint 0. */
  answered(): Control {
    const request = this.ep0.requests[0];
    if (request === undefined) return 'delayed';
    const { length, zero } = request;
    const data = [...(request.buffer ?? []).slice(0, length)];
    this.ep0.finish();
    return { data, zero };
  }

  #told(call: string): void {
    this.log.push(call);
    if (this.refusal !== call) return;
    this.refusal = undefined;
    throw new KernelError('EINVAL', `${this.name} ${call}`);
  }
}

/** Standard, class or vendor request. */
export function setup(requestType: number, request: number, value = 0, index = 0, length = 0): SetupPacket {
  return { requestType, request, value, index, length };
}

/** A clock on which nothing happens by itself but deferred jobs. */
export function stillClock(): VirtualClock {
  return new VirtualClock({ auto: false });
}
