import type { SetupPacket } from '@gadgetloom/udc';
import { USB_DIR_IN, USB_ENDPOINT_NUMBER_MASK } from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake } from '@gadgetloom/udc/bus';

/** The device did something else than the script says. The message tells what was expected and what happened. */
export class ScriptMismatch extends Error {
  override readonly name = 'ScriptMismatch';
}

/** An action of the host, with the answer that it expects of the device. A step belongs to one script. */
export interface ScriptStep {
  /** Description for messages. */
  readonly text: string;
  /** Descriptions of the steps that are outstanding; empty when all are done. */
  readonly outstanding: readonly string[];
  /**
   * Continues as far as the device allows. Returns true if anything moved.
   *
   * @throws ScriptMismatch the device did something else than the script says
   */
  play(device: BusDevice): boolean;
}

/** The expectation that the device refuses. */
export interface Refusal {
  /** The endpoint is halted, or the device refuses the request. */
  readonly stalls: true;
}

/** The host resets the bus. */
export function resets(): ScriptStep {
  return action('reset the bus', (device) => device.reset());
}

/** The host suspends the bus. */
export function suspends(): ScriptStep {
  return action('suspend the bus', (device) => device.suspend());
}

/** The host resumes the bus. */
export function resumes(): ScriptStep {
  return action('resume the bus', (device) => device.resume());
}

/** The host reads from an IN endpoint. The device has to send exactly these bytes, or to stall. */
export function reads(address: number, expected: Uint8Array | Refusal): ScriptStep {
  const bytes = expected instanceof Uint8Array ? expected : undefined;
  const transfer = transferOf(new Uint8Array(bytes?.length ?? 1));
  const text = `read ${bytes ? `${bytes.length} bytes` : 'a stall'} from ${hex(address)}`;
  return new TransferStep(text, bytes === undefined, (device) => {
    const answer = device.in(address & USB_ENDPOINT_NUMBER_MASK, transfer, Number.POSITIVE_INFINITY);
    if (bytes !== undefined && isSuccess(answer)) compare(text, transfer, bytes);
    return answer;
  });
}

/** The host writes to an OUT endpoint. The device has to take all bytes, or to stall. */
export function writes(address: number, data: Uint8Array, expected?: Refusal): ScriptStep {
  const transfer = transferOf(data);
  const text = `write ${data.length} bytes to ${hex(address)}`;
  return new TransferStep(text, expected !== undefined, (device) => {
    const answer = device.out(address & USB_ENDPOINT_NUMBER_MASK, transfer, Number.POSITIVE_INFINITY);
    if (answer === Handshake.SHORT) throw new ScriptMismatch(`${text}: the device took only ${transfer.actual} bytes.`);
    return answer;
  });
}

/**
 * The host makes a control transfer. `data` is the expected answer of an IN transfer, which may be shorter than
 * `setup.length`, or the bytes that an OUT transfer sends.
 */
export function asks(setup: SetupPacket, data: Uint8Array | Refusal = new Uint8Array()): ScriptStep {
  return new ControlStep(setup, data instanceof Uint8Array ? data : undefined);
}

/** Runs the steps one after the other. */
export function inOrder(...steps: readonly ScriptStep[]): ScriptStep {
  return new StepGroup('in order', steps, 1);
}

/** Runs the steps in the order in which the device gets to them. */
export function anyOrder(...steps: readonly ScriptStep[]): ScriptStep {
  return new StepGroup('in any order', steps, Number.POSITIVE_INFINITY);
}

class StepGroup implements ScriptStep {
  readonly text: string;
  readonly #width: number;
  #steps: readonly ScriptStep[];

  /** @param width how many steps may run at once */
  constructor(order: string, steps: readonly ScriptStep[], width: number) {
    this.text = `${order}: ${steps.map((step) => step.text).join(', ')}`;
    this.#steps = steps;
    this.#width = width;
  }

  get outstanding(): readonly string[] {
    return this.#steps.flatMap((step) => step.outstanding);
  }

  play(device: BusDevice): boolean {
    let moved = false;
    for (const step of this.#steps.slice(0, this.#width)) if (step.play(device)) moved = true;
    this.#steps = this.#steps.filter((step) => step.outstanding.length > 0);
    return moved;
  }
}

class TransferStep implements ScriptStep {
  readonly text: string;
  readonly #stalls: boolean;
  readonly #attempt: (device: BusDevice) => Handshake;
  #done = false;

  constructor(text: string, stalls: boolean, attempt: (device: BusDevice) => Handshake) {
    this.text = text;
    this.#stalls = stalls;
    this.#attempt = attempt;
  }

  get outstanding(): readonly string[] {
    return this.#done ? [] : [this.text];
  }

  play(device: BusDevice): boolean {
    if (this.#done) return false;
    const answer = this.#attempt(device);
    if (answer === Handshake.NAK) return false;
    this.#done = judge(this.text, answer, this.#stalls);
    return this.#done;
  }
}

class ControlStep implements ScriptStep {
  readonly text: string;
  readonly #setup: SetupPacket;
  readonly #data: Uint8Array | undefined;
  readonly #toHost: boolean;
  readonly #transfer: BusTransfer;
  readonly #status = transferOf(new Uint8Array());
  #stage: 'setup' | 'data' | 'status' | 'done' = 'setup';

  /** @param data `undefined`: the device has to stall */
  constructor(setup: SetupPacket, data: Uint8Array | undefined) {
    this.#setup = setup;
    this.#data = data;
    this.#toHost = (setup.requestType & USB_DIR_IN) !== 0 && setup.length > 0;
    const bytes = new Uint8Array(setup.length);
    if (!this.#toHost && data !== undefined) bytes.set(data.subarray(0, setup.length));
    this.#transfer = transferOf(bytes);
    this.text = `make control request ${hex(setup.requestType)} ${setup.request}`;
  }

  get outstanding(): readonly string[] {
    return this.#stage === 'done' ? [] : [this.text];
  }

  play(device: BusDevice): boolean {
    let moved = false;
    while (this.#stage !== 'done') {
      const answer = this.#step(device);
      if (answer === Handshake.NAK) break;
      if (this.#data === undefined && isSuccess(answer) && this.#stage !== 'status') this.#advance();
      else if (judge(this.text, answer, this.#data === undefined)) this.#advance(answer);
      moved = true;
    }
    return moved;
  }

  #step(device: BusDevice): Handshake {
    if (this.#stage === 'setup') return device.setup(this.#setup);
    const transfer = this.#stage === 'data' ? this.#transfer : this.#status;
    const inwards = this.#toHost === (this.#stage === 'data');
    return inwards
      ? device.in(0, transfer, Number.POSITIVE_INFINITY)
      : device.out(0, transfer, Number.POSITIVE_INFINITY);
  }

  #advance(answer: Handshake = Handshake.ACK): void {
    if (answer === Handshake.STALL || this.#stage === 'status') this.#stage = 'done';
    else if (this.#stage === 'setup' && this.#setup.length > 0) this.#stage = 'data';
    else {
      if (this.#toHost && this.#data !== undefined) compare(this.text, this.#transfer, this.#data);
      this.#stage = 'status';
    }
  }
}

function action(text: string, act: (device: BusDevice) => void): ScriptStep {
  return new TransferStep(text, false, (device) => {
    act(device);
    return Handshake.ACK;
  });
}

function transferOf(data: Uint8Array): BusTransfer {
  return { data, length: data.length, zeroPacket: false, actual: 0 };
}

const isSuccess = (answer: Handshake): boolean => answer === Handshake.ACK || answer === Handshake.SHORT;

const NAMES = new Map<Handshake, string>([
  [Handshake.STALL, 'the device stalled'],
  [Handshake.BABBLE, 'the device sent more than was asked for'],
  [Handshake.TIMEOUT, 'nobody answered'],
]);

/** True if the step is over. @throws ScriptMismatch the answer was not the expected one */
function judge(text: string, answer: Handshake, stalls: boolean): boolean {
  if (stalls ? answer === Handshake.STALL : isSuccess(answer)) return true;
  if (answer === Handshake.MORE) return false;
  throw new ScriptMismatch(`${text}: ${NAMES.get(answer) ?? 'the device did not stall'}.`);
}

function compare(text: string, { data, actual }: BusTransfer, expected: Uint8Array): void {
  if (actual !== expected.length) throw new ScriptMismatch(`${text}: ${actual} bytes came.`);
  const at = expected.findIndex((byte, index) => byte !== data[index]);
  if (at >= 0) throw new ScriptMismatch(`${text}: byte ${at} is ${hex(data[at]!)}, not ${hex(expected[at]!)}.`);
}

const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;
