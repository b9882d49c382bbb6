import { errnoCode, KernelError } from '@gadgetloom/core';
import type { Addon, Poller } from '@gadgetloom/linux-native';
import { closeDescriptors } from '../descriptors.ts';
import { HEADER_BYTES, REQUESTS, type RequestName, VERSION } from '../vhost-user/requests.ts';

const EAGAIN = -11;
const EPOLLIN = 1;
const SOCKET_TOKEN = 0;
const REPLY_BYTES = HEADER_BYTES + 8;
const numbers = new Map(Object.entries(REQUESTS).map(([number, { name }]) => [name, Number(number)]));

/** The front end's side of the socket, and of the event loop. */
export class FrontEndChannel implements Disposable {
  /** Resolves when the device has closed the connection. */
  readonly closed: Promise<void>;
  readonly #addon: Addon;
  readonly #socket: number;
  readonly #poller: Poller;
  readonly #callbacks = new Map<number, () => void>();
  readonly #replies: ((value: bigint | undefined) => void)[] = [];
  readonly #received = new Uint8Array(REPLY_BYTES);
  #filled = 0;
  #settle: () => void = () => undefined;
  #disposed = false;

  /** @throws KernelError as connect(2) */
  constructor(addon: Addon, path: string) {
    this.#addon = addon;
    this.#socket = addon.unixConnect(path);
    if (this.#socket < 0) throw new KernelError(errnoCode(-this.#socket), `connect ${path}`);
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#poller = new addon.Poller((count) => {
      for (let report = 0; report < count && !this.#disposed; report++)
        this.#callbacks.get(this.#poller.ready[3 * report]!)?.();
    });
    this.watch(this.#socket, () => this.#receive(), SOCKET_TOKEN);
  }

  /** Calls back whenever an event descriptor is signalled. */
  watch(descriptor: number, callback: () => void, token = descriptor): void {
    this.#callbacks.set(token, callback);
    this.#poller.add(descriptor, token, EPOLLIN);
  }

  /** Sends a message. */
  send(name: RequestName, payload: Uint8Array = new Uint8Array(0), descriptors: readonly number[] = []): void {
    const header = Uint32Array.of(numbers.get(name)!, VERSION, payload.length);
    this.sendBytes(Uint8Array.of(...new Uint8Array(header.buffer), ...payload), descriptors);
  }

  /** Sends a message of 64-bit words, or of pairs of 32-bit ones. */
  sendWords(
    name: RequestName,
    words: readonly (number | readonly [number, number])[],
    descriptors: readonly number[] = [],
  ): void {
    const payload = new DataView(new ArrayBuffer(8 * words.length));
    words.forEach((word, index) => {
      const bits = typeof word === 'number' ? BigInt(word) : BigInt(word[0]) | (BigInt(word[1]) << 32n);
      payload.setBigUint64(8 * index, bits, true);
    });
    this.send(name, new Uint8Array(payload.buffer), descriptors);
  }

  /** Sends anything at all. */
  sendBytes(bytes: Uint8Array, descriptors: readonly number[] = []): void {
    this.#addon.sendMessage(this.#socket, bytes, Int32Array.from(descriptors), descriptors.length);
  }

  /** Sends a message that is replied to. @throws KernelError ECONNRESET the device has closed the connection */
  async ask(name: RequestName, words: readonly (number | readonly [number, number])[] = []): Promise<bigint> {
    const reply = this.reply();
    this.sendWords(name, words);
    const value = await reply;
    if (value === undefined)
      throw new KernelError('ECONNRESET', name, 'the device has closed the connection; its onDisconnect was told why.');
    return value;
  }

  /** The next reply that nobody waits for yet; `undefined` if the connection is closed before. */
  reply(): Promise<bigint | undefined> {
    return new Promise((resolve) => {
      this.#replies.push(resolve);
    });
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#poller.close();
    closeDescriptors(this.#socket);
    this.#end();
  }

  #receive(): void {
    for (;;) {
      const room = this.#received.subarray(this.#filled);
      const received = this.#addon.receiveMessage(this.#socket, room, new Int32Array(254));
      if (received === EAGAIN) return;
      if (received <= 0) {
        this.#poller.remove(this.#socket);
        this.#end();
        return;
      }
      this.#filled += received;
      if (this.#filled < REPLY_BYTES) continue;
      this.#filled = 0;
      this.#replies.shift()?.(new DataView(this.#received.buffer).getBigUint64(HEADER_BYTES, true));
    }
  }

  #end(): void {
    for (const reply of this.#replies.splice(0)) reply(undefined);
    this.#settle();
  }
}
