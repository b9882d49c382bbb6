import { isKernelError, KernelError } from '@gadgetloom/core';
import type { Ep0File } from '@gadgetloom/functionfs';
import { type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';

/**
 * The answer to a control request. Bytes go to the host, `true` accepts the request and the data that it brings, and
 * `false` refuses it (stall). `undefined` leaves the request to the next handler; after the last handler it is refused.
 */
export type SetupAnswer = Uint8Array | boolean | undefined;

/** Answers control requests to a function. */
export type SetupHandler = (request: SetupRequest) => SetupAnswer | Promise<SetupAnswer>;

/**
 * Errors of an answer that comes after the host gave up, reset the device or left (f_fs.c, ffs_ep0_read,
 * ffs_ep0_write), and errors of stale endpoint 0 requests that a controller completes (dummy_hcd: EOVERFLOW).
 */
const TOO_LATE: readonly string[] = [
  'EIDRM',
  'ESRCH',
  'ECONNRESET',
  'ESHUTDOWN',
  'EOVERFLOW',
  'EPROTO',
  'ENODEV',
  'EBADFD',
  'EBADF',
];

const comesTooLate = (error: unknown): boolean => isKernelError(error) && TOO_LATE.includes(error.code);

/** A control request from the host to a function of the gadget. */
export class SetupRequest {
  /** Name of the function that got the request. */
  readonly function: string;
  readonly setup: SetupPacket;
  readonly #ep0: Ep0File;
  #data: Promise<Uint8Array> | undefined;
  #answered = false;

  constructor(name: string, setup: SetupPacket, ep0: Ep0File) {
    this.function = name;
    this.setup = setup;
    this.#ep0 = ep0;
  }

  /** `'in'`: the host wants an answer of up to `setup.length` bytes. `'out'`: it sends `setup.length` bytes. */
  get direction(): 'in' | 'out' {
    return (this.setup.requestType & USB_DIR_IN) !== 0 ? 'in' : 'out';
  }

  /**
   * The data that the host sends with the request. Reading it accepts the request.
   *
   * @throws KernelError EINVAL the host asks for data instead of sending it; EIDRM the host gave up meanwhile; ESRCH
   *   the request was answered before its data was read
   */
  data(): Promise<Uint8Array> {
    if (this.direction === 'in') {
      const advice = 'the host asks for data, it does not send any: return the answer instead.';
      return Promise.reject(new KernelError('EINVAL', 'read ep0', advice));
    }
    if (this.#data === undefined && this.#answered) {
      const advice = 'the request was answered already: read its data before the handler returns.';
      return Promise.reject(new KernelError('ESRCH', 'read ep0', advice));
    }
    return this.#read();
  }

  /**
   * Asks the handlers one after the other until one answers, and gives that answer to the host. The request is refused
   * if none answers, if a handler throws, and if the answer does not fit the request. An answer that comes after the
   * host gave up is dropped.
   *
   * @param failed gets the errors of handlers, and the reasons why answers were refused
   */
  async handle(handlers: Iterable<SetupHandler>, failed: (error: unknown) => void): Promise<void> {
    let answer: SetupAnswer;
    try {
      for (const handler of handlers) {
        answer = await handler(this);
        if (answer !== undefined) break;
      }
    } catch (error) {
      answer = false;
      if (!(await this.#calledOff(error))) failed(error);
    }
    this.#answered = true;
    try {
      await this.#answer(answer);
    } catch (error) {
      if (!comesTooLate(error)) failed(error);
    }
  }

  #read(): Promise<Uint8Array> {
    if (this.#data === undefined) {
      this.#data = this.#receive();
      // A handler may ignore the promise of the data, and the host may cancel the request: the rejection must be
      // handled.
      this.#data.catch(() => {});
    }
    return this.#data;
  }

  async #receive(): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.setup.length);
    return bytes.subarray(0, await this.#ep0.read(bytes));
  }

  /** True if `error` only tells that the host gave up while a handler read the data. */
  async #calledOff(error: unknown): Promise<boolean> {
    if (this.#data === undefined || !comesTooLate(error)) return false;
    return this.#data.then(
      () => false,
      (reason: unknown) => reason === error,
    );
  }

  async #answer(answer: SetupAnswer): Promise<void> {
    if (answer instanceof Uint8Array) await this.#send(answer);
    else if (answer === true) await this.#accept();
    else {
      await this.#stall();
      if (answer !== false && answer !== undefined) throw this.#wrong('bytes (a Uint8Array), true, false or undefined');
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    if (this.direction === 'out') {
      await this.#stall();
      throw this.#wrong('true or false, because the host sends data with it');
    }
    await this.#ep0.write(bytes);
  }

  async #accept(): Promise<void> {
    if (this.direction === 'in') await this.#ep0.write(new Uint8Array(0));
    else await this.#read();
  }

  /**
   * Refuses the request. FunctionFS stalls when ep0 is read or written against the direction of the request (f_fs.c,
   * __ffs_ep0_stall). Reading the data of a request has accepted it.
   */
  async #stall(): Promise<void> {
    if (this.#data !== undefined) {
      await this.#data;
      return;
    }
    try {
      if (this.direction === 'in') await this.#ep0.read(new Uint8Array(0));
      else await this.#ep0.write(new Uint8Array(0));
    } catch (error) {
      if (!isKernelError(error, 'EL2HLT')) throw error;
    }
  }

  #wrong(allowed: string): KernelError {
    const { function: name, setup } = this;
    const advice = `request 0x${setup.request.toString(16)} to function "${name}" was refused: answer it with ${allowed}.`;
    return new KernelError('EINVAL', 'write ep0', advice);
  }
}
