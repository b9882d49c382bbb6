import type { Addon } from '@gadgetloom/linux-native';
import { closeDescriptors } from '../descriptors.ts';
import type { MemoryTable } from '../memory/memory-table.ts';
import type { Report } from '../report.ts';
import { violation } from '../violation.ts';
import type { Message } from './message.ts';
import { MessageReader } from './message-reader.ts';
import {
  F_PROTOCOL_FEATURES,
  F_VERSION_1,
  FEATURES,
  HEADER_BYTES,
  HeaderFlag,
  PROTOCOL_F_REPLY_ACK,
  PROTOCOL_FEATURES,
  REQUESTS,
  type RequestName,
  VERSION,
  VRING_NO_DESCRIPTOR,
} from './requests.ts';
import { SharedMemory } from './shared-memory.ts';
import type { Vring } from './vring.ts';

/** Messages per batch. After a batch the queues get their turn. */
const BATCH = 32;
const REPLY_BYTES = HEADER_BYTES + 8;
const NO_DESCRIPTORS = new Int32Array(0);
const numbers = new Map(Object.entries(REQUESTS).map(([number, { name }]) => [name, Number(number)]));

/** Surroundings of a front end. */
export interface FrontEndOptions {
  readonly addon: Addon;
  readonly socket: number;
  /** Receives the memory that the front end shares. */
  readonly table: MemoryTable;
  /** The device's queues. */
  readonly rings: readonly Vring[];
  readonly report: Report;
  /** Called when a queue starts, stops or moves. */
  readonly changed: () => void;
}

/**
 * The front end of a connection. It reads messages, maps the shared memory, and sets up the queues.
 * Source: docs/interop/vhost-user.rst of QEMU.
 */
export class FrontEnd implements Disposable {
  readonly #addon: Addon;
  readonly #socket: number;
  readonly #reader: MessageReader;
  readonly #memory: SharedMemory;
  readonly #rings: readonly Vring[];
  readonly #changed: () => void;
  readonly #report: Report;
  readonly #reply = new DataView(new ArrayBuffer(REPLY_BYTES));
  #features = 0n;
  #protocolFeatures = 0n;
  #backendChannel = -1;

  constructor({ addon, socket, table, rings, report, changed }: FrontEndOptions) {
    this.#addon = addon;
    this.#socket = socket;
    this.#reader = new MessageReader(addon, socket);
    this.#memory = new SharedMemory(addon, table);
    this.#rings = rings;
    this.#report = report;
    this.#changed = changed;
  }

  /**
   * Handles the messages that have arrived.
   *
   * @returns whether the front end is still connected
   * @throws KernelError EPROTO a message violates the protocol
   */
  receive(): boolean {
    for (let count = 0; count < BATCH; count++) {
      using message = this.#reader.read();
      if (message === undefined) break;
      this.#report?.(message.name, { bytes: message.payload.byteLength, descriptors: message.descriptors });
      this.#handle(message);
    }
    return !this.#reader.ended;
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
    this.#memory[Symbol.dispose]();
    this.#setBackendChannel(-1);
  }

  #handle(message: Message): void {
    const answer = this.#handlers[message.name](message);
    // Checked after the message: Linux already requests a reply to the message that negotiates replies.
    if (message.needsReply && (this.#protocolFeatures & PROTOCOL_F_REPLY_ACK) === 0n)
      throw violation(message.name, 'it requests a reply, but REPLY_ACK was not negotiated');
    if (answer !== undefined) this.#send(message.name, answer);
    else if (message.needsReply) this.#send(message.name, 0n);
  }

  readonly #handlers: Readonly<Record<RequestName, (message: Message) => bigint | undefined>> = {
    GET_FEATURES: () => FEATURES,
    SET_FEATURES: (message) => {
      const features = chosen(message, FEATURES);
      if ((features & F_VERSION_1) === 0n) throw violation(message.name, 'this device requires VIRTIO_F_VERSION_1');
      this.#features = features;
      return undefined;
    },
    SET_OWNER: () => undefined,
    RESET_OWNER: () => {
      for (const ring of this.#rings) ring[Symbol.dispose]();
      this.#changed();
      return undefined;
    },
    SET_MEM_TABLE: (message) => {
      this.#memory.replace(message);
      for (const ring of this.#rings) ring.remap();
      this.#changed();
      return undefined;
    },
    SET_VRING_NUM: (message) => {
      this.#ring(message).setSize(message.payload.getUint32(4, true));
      return undefined;
    },
    SET_VRING_ADDR: (message) => {
      const ring = this.#ring(message);
      const [descriptors, used, available] = [message.number(8), message.number(16), message.number(24)];
      if (message.payload.getUint32(4, true) !== 0)
        throw violation(message.name, 'logging was not offered (LOG_SHMFD)');
      ring.setAddresses({ descriptors, used, available });
      this.#changed();
      return undefined;
    },
    SET_VRING_BASE: (message) => {
      this.#ring(message).setBase(message.payload.getUint32(4, true));
      return undefined;
    },
    GET_VRING_BASE: (message) => {
      const base = this.#ring(message).stop();
      this.#changed();
      return BigInt(message.payload.getUint32(0, true)) | (BigInt(base) << 32n);
    },
    SET_VRING_KICK: (message) => {
      const ring = this.#ringOfDescriptor(message);
      if (message.descriptors === 0)
        throw violation(message.name, 'this device requires a kick descriptor for each queue');
      if (!this.#negotiated) ring.setEnabled(true);
      ring.setKick(this.#nonblocking(message));
      this.#changed();
      return undefined;
    },
    SET_VRING_CALL: (message) => {
      this.#ringOfDescriptor(message).setCall(this.#nonblocking(message));
      return undefined;
    },
    SET_VRING_ERR: (message) => {
      this.#ringOfDescriptor(message).setError(this.#nonblocking(message));
      return undefined;
    },
    GET_PROTOCOL_FEATURES: () => PROTOCOL_FEATURES,
    SET_PROTOCOL_FEATURES: (message) => {
      this.#protocolFeatures = chosen(message, PROTOCOL_FEATURES);
      return undefined;
    },
    SET_VRING_ENABLE: (message) => {
      const ring = this.#ring(message);
      const state = message.payload.getUint32(4, true);
      if (!this.#negotiated) throw violation(message.name, 'protocol features were not negotiated');
      if (state > 1)
        throw violation(message.name, `the state of a queue is ${state}; it has to be 1 (enabled) or 0 (disabled)`);
      ring.setEnabled(state === 1);
      this.#changed();
      return undefined;
    },
    SET_BACKEND_REQ_FD: (message) => {
      this.#setBackendChannel(message.takeDescriptor());
      return undefined;
    },
  };

  /** Whether a separate message enables queues. */
  get #negotiated(): boolean {
    return (this.#features & F_PROTOCOL_FEATURES) !== 0n;
  }

  /** The queue that a message is about. */
  #ring(message: Message): Vring {
    return this.#ringAt(message, message.payload.getUint32(0, true));
  }

  #ringAt(message: Message, index: number): Vring {
    const ring = this.#rings[index];
    if (ring !== undefined) return ring;
    throw violation(message.name, `there is no queue ${index}: the device has ${this.#rings.length}`);
  }

  /** The queue of a message that carries a descriptor, or announces that there is none. */
  #ringOfDescriptor(message: Message): Vring {
    const value = message.number(0);
    const none = (value & VRING_NO_DESCRIPTOR) !== 0;
    const ring = this.#ringAt(message, none ? value - VRING_NO_DESCRIPTOR : value);
    if (message.descriptors !== (none ? 0 : 1))
      throw violation(message.name, `it announces ${none ? 'no' : 'a'} descriptor, but has ${message.descriptors}`);
    return ring;
  }

  /** Takes a descriptor and makes it nonblocking; -1 if there is none. */
  #nonblocking(message: Message): number {
    const descriptor = message.takeDescriptor();
    if (descriptor >= 0) this.#addon.setNonblock(descriptor, 1);
    return descriptor;
  }

  #setBackendChannel(descriptor: number): void {
    if (this.#backendChannel >= 0) closeDescriptors(this.#backendChannel);
    this.#backendChannel = descriptor;
  }

  #send(name: RequestName, value: bigint): void {
    this.#reply.setUint32(0, numbers.get(name)!, true);
    this.#reply.setUint32(4, VERSION | HeaderFlag.REPLY, true);
    this.#reply.setUint32(8, 8, true);
    this.#reply.setBigUint64(HEADER_BYTES, value, true);
    const sent = this.#addon.sendMessage(this.#socket, new Uint8Array(this.#reply.buffer), NO_DESCRIPTORS, 0);
    // The next read notices a front end that is gone.
    if (sent !== REPLY_BYTES && sent !== EPIPE && sent !== ECONNRESET)
      throw violation(name, 'the front end does not take its replies');
  }
}

const EPIPE = -32;
const ECONNRESET = -104;

function chosen(message: Message, offered: bigint): bigint {
  const features = message.payload.getBigUint64(0, true);
  const others = features & ~offered;
  if (others !== 0n) throw violation(message.name, `features 0x${others.toString(16)} were not offered`);
  return features;
}
