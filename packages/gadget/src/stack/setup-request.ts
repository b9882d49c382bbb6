import { isKernelError, KernelError } from '@gadgetloom/core';
import type { Ep0File } from '@gadgetloom/functionfs';
import { type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';

/**
 * How a control request is answered: bytes go to the host; `true` accepts it, with the data that it brings; `false`
 * refuses it (stall); nothing at all leaves it to the next handler, and is refused after the last.
 */
export type SetupAnswer = Uint8Array | boolean | undefined;

/** Answers control requests to a function. */
export type SetupHandler = (request: SetupRequest) => SetupAnswer | Promise<SetupAnswer>;

/**
 * What an answer fails with when the host has given up, reset or gone meanwhile (f_fs.c, ffs_ep0_read, ffs_ep0_write), and
 * what controllers complete a stale request of endpoint 0 with (dummy_hcd: EOVERFLOW).
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

/** A control request of the host to one of the gadget's functions. */
export class SetupRequest {
  /** Name of the function that got it. */
  readonly function: string;
  readonly setup: SetupPacket;
  readonly #ep0: Ep0File;
  #data: Promise<Uint8Array> | undefined;

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
   * What the host sends with the request. Reading it accepts the request.
   *
   * @throws KernelError EINVAL the host sends nothing, it asks; EIDRM the host gave up meanwhile
   */
  data(): Promise<Uint8Array> {
    if (this.direction === 'in') {
      const advice = 'the host asks for data, it does not send any: return the answer instead.';
      return Promise.reject(new KernelError('EINVAL', 'read ep0', advice));
    }
    this.#data ??= this.#receive();
    return this.#data;
  }

  /**
   * Gives the answer to the host. One that came too late, because the host gave up, is dropped.
   *
   * @throws KernelError EINVAL bytes for a request whose data goes the other way
   */
  async answer(answer: SetupAnswer): Promise<void> {
    try {
      if (answer instanceof Uint8Array) await this.#send(answer);
      else if (answer === true) await this.#accept();
      else await this.#stall();
    } catch (error) {
      if (!isKernelError(error) || !TOO_LATE.includes(error.code)) throw error;
    }
  }

  async #receive(): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.setup.length);
    return bytes.subarray(0, await this.#ep0.read(bytes));
  }

  async #send(bytes: Uint8Array): Promise<void> {
    if (this.direction === 'out') {
      await this.#stall();
      const advice = `request 0x${this.setup.request.toString(16)} sends data to the device; answer it with true or false.`;
      throw new KernelError('EINVAL', 'write ep0', advice);
    }
    await this.#ep0.write(bytes);
  }

  async #accept(): Promise<void> {
    if (this.direction === 'in') await this.#ep0.write(new Uint8Array(0));
    else await this.data();
  }

  /** Reading or writing against the direction is how FunctionFS is told to stall (f_fs.c, __ffs_ep0_stall). */
  async #stall(): Promise<void> {
    if (this.#data !== undefined) return;
    try {
      if (this.direction === 'in') await this.#ep0.read(new Uint8Array(0));
      else await this.#ep0.write(new Uint8Array(0));
    } catch (error) {
      if (!isKernelError(error, 'EL2HLT')) throw error;
    }
  }
}
