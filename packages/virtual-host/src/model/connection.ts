import { type Clock, Errno, type ErrnoCode, errnoCode, KernelError, sleep, type TraceSink } from '@gadgetloom/core';
import type { UsbDeviceState, UsbSpeed } from '@gadgetloom/udc';
import { requests } from '../requests.ts';
import type { Cable } from './cable.ts';
import { ControlPipe } from './control-pipe.ts';
import type { PipeContext } from './host-pipe.ts';

const descriptorTries = 3;

/** What a connection needs of the host. */
export interface ConnectionContext extends PipeContext {
  /** True waits between steps as long as Linux does; false goes on at once. */
  readonly delays: boolean;
}

/**
 * A connected device below its descriptors: the reset line, the address and the control pipe. Failures are traced, and
 * thrown as a KernelError that names the step.
 */
export class Connection {
  readonly speed: UsbSpeed;
  readonly control: ControlPipe;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly context: ConnectionContext;
  readonly #cable: Cable;
  #address: number;
  #state: UsbDeviceState = 'powered';

  /** @param address the address that the device will get, 1 to 127 */
  constructor(speed: UsbSpeed, address: number, context: ConnectionContext) {
    this.speed = speed;
    this.#address = address;
    this.context = context;
    this.clock = context.clock;
    this.trace = context.trace;
    this.#cable = context.cable;
    this.control = new ControlPipe(context);
  }

  /** USB address, 1 to 127. */
  get address(): number {
    return this.#address;
  }

  get state(): UsbDeviceState {
    return this.#state;
  }

  /** True once the device is gone for good. */
  get lost(): boolean {
    return this.#state === 'not attached';
  }

  setState(state: UsbDeviceState): void {
    if (this.lost || state === this.#state) return;
    this.#state = state;
    this.report('state', { address: this.#address, state });
  }

  /** The device is gone: everything under way ends with ESHUTDOWN. */
  lose(): void {
    this.setState('not attached');
    this.control.close('ENODEV');
  }

  /** Chooses another address for the next attempt. */
  readdress(address: number): void {
    this.#address = address;
  }

  /** Resets the port. With delays, reset takes 50 ms and recovery 10 ms. @throws KernelError ENODEV the device is gone */
  async reset(): Promise<void> {
    this.expectPresent('reset');
    this.report('reset', { speed: this.speed });
    this.#cable.device?.reset();
    await this.pause(60);
    this.expectPresent('reset');
    this.setState('default');
  }

  /** Stops all traffic. Transfers under way end with ESHUTDOWN, and later ones are refused with EHOSTUNREACH. */
  suspend(): void {
    this.control.close('EHOSTUNREACH');
    this.report('suspend', {});
    this.#cable.device?.suspend();
    this.setState('suspended');
  }

  /** Allows traffic again. @param state the state before suspend @throws KernelError ENODEV the device is gone */
  async resume(state: UsbDeviceState): Promise<void> {
    this.report('resume', {});
    this.#cable.device?.resume();
    await this.pause(30);
    this.expectPresent('resume');
    this.setState(state);
    this.control.open();
  }

  /** @throws KernelError ENODEV the device is gone */
  expectPresent(step: string): void {
    if (this.lost) throw new KernelError('ENODEV', step, 'the device was disconnected.');
  }

  /** Waits, with delays only. @param milliseconds on the clock of the stack */
  async pause(milliseconds: number): Promise<void> {
    if (this.context.delays) await sleep(this.clock, milliseconds * 1_000_000);
  }

  /**
   * Reads a descriptor, up to three times if the device refuses or sends nothing (message.c, usb_get_descriptor).
   *
   * @returns bytes read, or a negative errno; -ENODATA if the descriptor has another type
   */
  async readDescriptor(type: number, index: number, into: Uint8Array): Promise<number> {
    let result = 0;
    for (let tries = 0; tries < descriptorTries; tries++) {
      into.fill(0);
      result = await this.control.message(requests.getDescriptor(type, index, into.length), into);
      if (result <= 0 && result !== -Errno.ETIMEDOUT && !this.lost) continue;
      if (result <= 1 || into[1] === type) break;
      result = -Errno.ENODATA;
    }
    return result;
  }

  /** Traces a fault of a descriptor. */
  readonly notice = (text: string): void => {
    this.report('descriptor notice', { text });
  };

  report(what: string, details: Readonly<Record<string, string | number | boolean | undefined>>): void {
    this.trace?.event({ at: this.clock.now(), source: 'host', what, details });
  }
}

/** The error of a step that ended with a negative errno. It is ENODEV whenever the device went away. */
export function stepError(step: string, result: number, advice?: string): KernelError {
  const code = errnoCode(result);
  if (code === 'ESHUTDOWN' || code === 'ENODEV') return new KernelError('ENODEV', step, 'the device was disconnected.');
  return new KernelError(code, step, advice ?? meanings[code]);
}

const meanings: Partial<Record<ErrnoCode, string>> = {
  EPIPE: 'the device stalled the request.',
  EPROTO: 'nobody answered on the bus.',
  ETIMEDOUT: 'the device did not answer in time.',
  EOVERFLOW: 'the device sent more than was asked for.',
  ENODATA: 'the device sent a descriptor of another type.',
};
