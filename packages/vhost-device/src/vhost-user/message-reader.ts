import type { Addon } from '@gadgetloom/linux-native';
import { closeDescriptors } from '../descriptors.ts';
import { violation } from '../violation.ts';
import { Message } from './message.ts';
import { HEADER_BYTES, HeaderFlag, REQUESTS, type RequestName, type RequestShape, VERSION } from './requests.ts';

const EAGAIN = -11;
/** Most descriptors that the kernel passes with one message, and one place for the -1 at the end. */
const MOST_DESCRIPTORS = 254;
const longest = Math.max(...Object.values(REQUESTS).map(({ payload }) => payload[1]));

/** Reads the messages of a front end from its socket, also in parts. */
export class MessageReader implements Disposable {
  readonly #addon: Addon;
  readonly #socket: number;
  readonly #bytes = new Uint8Array(HEADER_BYTES + longest);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #arrived = new Int32Array(MOST_DESCRIPTORS);
  #descriptors: number[] = [];
  #filled = 0;
  /** Whether the other side has closed the connection. */
  ended = false;

  constructor(addon: Addon, socket: number) {
    this.#addon = addon;
    this.#socket = socket;
  }

  /**
   * The next message; `undefined` if it has not arrived yet, or none will come.
   *
   * @throws KernelError EPROTO a message violates the protocol
   */
  read(): Message | undefined {
    if (!this.#fill(HEADER_BYTES)) return undefined;
    const [shape, needsReply, size] = this.#header();
    if (!this.#fill(HEADER_BYTES + size)) return undefined;
    const [least, most] = shape.descriptors;
    const count = this.#descriptors.length;
    if (count < least || count > most)
      throw violation(shape.name, `it must have ${range(least, most)} descriptors, but has ${count}`);
    this.#filled = 0;
    const payload = new DataView(this.#bytes.slice(HEADER_BYTES, HEADER_BYTES + size).buffer);
    return new Message(shape.name, needsReply, payload, this.#descriptors.splice(0));
  }

  [Symbol.dispose](): void {
    closeDescriptors(...this.#descriptors.splice(0));
  }

  /** Receives until there are `wanted` bytes, and never more, because later bytes belong to the next message. */
  #fill(wanted: number): boolean {
    while (this.#filled < wanted) {
      const room = this.#bytes.subarray(this.#filled, wanted);
      const received = this.#addon.receiveMessage(this.#socket, room, this.#arrived);
      const end = this.#arrived.indexOf(-1);
      this.#descriptors.push(...this.#arrived.subarray(0, end));
      if (this.#descriptors.length >= MOST_DESCRIPTORS)
        throw violation('vhost-user', 'a message has more descriptors than any message may have');
      if (received === EAGAIN) return false;
      if (received <= 0) {
        this.ended = true;
        if (received === 0 && this.#filled > 0)
          throw violation('vhost-user', 'the connection was closed in the middle of a message');
        return false;
      }
      this.#filled += received;
    }
    return true;
  }

  #header(): [shape: RequestShape & { name: RequestName }, needsReply: boolean, size: number] {
    const number = this.#view.getUint32(0, true);
    const flags = this.#view.getUint32(4, true);
    const size = this.#view.getUint32(8, true);
    const shape = (REQUESTS as Readonly<Record<number, RequestShape & { name: RequestName }>>)[number];
    if (shape === undefined) throw violation('vhost-user', `message ${number} belongs to no feature of this device`);
    if ((flags & ~HeaderFlag.NEED_REPLY) >>> 0 !== VERSION)
      throw violation(
        shape.name,
        `its flags are 0x${flags.toString(16)}, but this device supports only version ${VERSION}`,
      );
    const [least, most] = shape.payload;
    if (size < least || size > most)
      throw violation(shape.name, `its payload must have ${range(least, most)} bytes, but has ${size}`);
    return [shape, (flags & HeaderFlag.NEED_REPLY) !== 0, size];
  }
}

const range = (least: number, most: number): string => (least === most ? `${least}` : `${least} to ${most}`);
