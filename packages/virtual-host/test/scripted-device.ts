import { DescriptorType, Request, type SetupPacket, type UsbSpeed } from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake, type UsbBus } from '@gadgetloom/udc/bus';
import * as make from './descriptors.ts';

/** How a control request is answered: with data (none for OUT), or not. */
export type Answer = Uint8Array | 'ack' | 'stall' | 'stall late' | 'nak' | 'silence' | 'babble';

export interface DeviceContent {
  device: Uint8Array;
  configurations: Uint8Array[];
  strings: Record<number, string>;
  languages?: Uint8Array;
  bos?: Uint8Array;
  qualifier?: Uint8Array;
}

interface InRequest {
  readonly bytes: Uint8Array;
  readonly zero: boolean;
  at: number;
}

/** One data endpoint of the device. */
class Endpoint {
  readonly address: number;
  readonly maxPacketSize: number;
  halted = false;
  babble = false;
  silent = false;
  readonly sending: InRequest[] = [];
  readonly rooms: number[] = [];
  readonly received: Uint8Array[] = [];
  #partial = new Uint8Array();

  constructor(address: number, maxPacketSize: number) {
    this.address = address;
    this.maxPacketSize = maxPacketSize;
  }

  in(transfer: BusTransfer, budget: number): Handshake {
    if (this.silent) return Handshake.TIMEOUT;
    if (this.halted) return Handshake.STALL;
    let left = budget;
    for (;;) {
      const request = this.sending[0];
      if (request === undefined) return Handshake.NAK;
      if (left === 0) return Handshake.MORE;
      const wanted = transfer.length - transfer.actual;
      const have = request.bytes.length - request.at;
      const length = Math.min(wanted, have, left);
      transfer.data.set(request.bytes.subarray(request.at, request.at + length), transfer.actual);
      transfer.actual += length;
      request.at += length;
      left -= length;
      if (this.babble || (wanted < have && wanted % this.maxPacketSize !== 0 && length === wanted)) {
        this.sending.shift();
        return Handshake.BABBLE;
      }
      if (request.at === request.bytes.length) {
        this.sending.shift();
        const short = request.zero || request.at === 0 || request.at % this.maxPacketSize !== 0;
        if (short && transfer.actual < transfer.length) return Handshake.SHORT;
      }
      if (transfer.actual === transfer.length) return Handshake.ACK;
    }
  }

  out(transfer: BusTransfer, budget: number): Handshake {
    if (this.silent) return Handshake.TIMEOUT;
    if (this.halted) return Handshake.STALL;
    let left = budget;
    for (;;) {
      const room = this.rooms[0];
      if (room === undefined) return Handshake.NAK;
      if (left === 0) return Handshake.MORE;
      const length = Math.min(transfer.length - transfer.actual, room - this.#partial.length, left);
      const moved = transfer.data.subarray(transfer.actual, transfer.actual + length);
      this.#partial = make.bytes(this.#partial, moved) as Uint8Array<ArrayBuffer>;
      transfer.actual += length;
      left -= length;
      const done = transfer.actual === transfer.length;
      const short =
        done && (transfer.length % this.maxPacketSize !== 0 || transfer.length === 0 || transfer.zeroPacket);
      if (short || this.#partial.length === room) {
        this.received.push(this.#partial);
        this.rooms.shift();
        this.#partial = new Uint8Array();
      }
      if (done) return Handshake.ACK;
    }
  }
}

/** A device that answers from tables, and writes down in words what the host does to it. */
export class ScriptedDevice implements BusDevice {
  readonly content: DeviceContent;
  readonly log: string[] = [];
  /** Answers in place of the ordinary ones; `undefined` is the ordinary one. */
  script: (setup: SetupPacket, request: string) => Answer | undefined = () => undefined;
  readonly endpoints = new Map<number, Endpoint>();
  wakeupEnabled = false;
  bus: UsbBus | undefined;
  #answer: Answer = 'ack';
  #sent = 0;

  constructor(content: Partial<DeviceContent> = {}) {
    this.content = {
      device: make.device(),
      configurations: [make.twoBulk(512)],
      strings: { 1: 'Maker', 2: 'Thing', 3: 'S1', 4: 'loop' },
      ...content,
    };
    for (const configuration of this.content.configurations) {
      for (let at = 0; at < configuration.length; at += configuration[at] || configuration.length) {
        if (configuration[at + 1] !== DescriptorType.ENDPOINT) continue;
        const address = configuration[at + 2]!;
        const size = (configuration[at + 4]! | (configuration[at + 5]! << 8)) & 0x7ff;
        this.endpoints.set(address, new Endpoint(address, size));
      }
    }
  }

  connect(bus: UsbBus, speed: UsbSpeed = 'high'): this {
    this.bus = bus;
    bus.connect(this, speed);
    return this;
  }

  disconnect(): void {
    this.bus?.disconnect(this);
  }

  endpoint(address: number): Endpoint {
    return this.endpoints.get(address)!;
  }

  /** Queues a transfer to the host. */
  send(address: number, bytes: Uint8Array, zero = false): void {
    this.endpoint(address).sending.push({ bytes, zero, at: 0 });
    this.bus?.ready(address);
  }

  /** Makes room for a transfer from the host. */
  accept(address: number, length: number): void {
    this.endpoint(address).rooms.push(length);
    this.bus?.ready(address);
  }

  /** Answers a control request that was answered with NAK until now. */
  release(answer: Answer = 'ack'): void {
    this.#answer = answer;
    this.bus?.ready(0x80);
    this.bus?.ready(0x00);
  }

  reset(): void {
    this.log.push('reset');
    this.wakeupEnabled = false;
  }

  suspend(): void {
    this.log.push('suspend');
  }

  resume(): void {
    this.log.push('resume');
  }

  vbusChanged(on: boolean): void {
    this.log.push(on ? 'power' : 'no power');
  }

  setup(setup: SetupPacket): Handshake {
    const request = words(setup);
    this.log.push(request);
    this.#answer = this.script(setup, request) ?? this.#ordinary(setup);
    this.#sent = 0;
    if (this.#answer === 'silence') return Handshake.TIMEOUT;
    return this.#answer === 'stall' ? Handshake.STALL : Handshake.ACK;
  }

  in(number: number, transfer: BusTransfer, budget: number): Handshake {
    if (number !== 0) return this.endpoints.get(0x80 | number)?.in(transfer, budget) ?? Handshake.TIMEOUT;
    if (this.#answer === 'nak') return Handshake.NAK;
    if (this.#answer === 'stall late') return Handshake.STALL;
    if (this.#answer === 'babble') return Handshake.BABBLE;
    if (this.#answer === 'silence') return Handshake.TIMEOUT;
    if (!(this.#answer instanceof Uint8Array) || transfer.length === 0) return Handshake.ACK;
    const length = Math.min(transfer.length - transfer.actual, this.#answer.length - this.#sent, budget);
    transfer.data.set(this.#answer.subarray(this.#sent, this.#sent + length), transfer.actual);
    this.#sent += length;
    transfer.actual += length;
    if (transfer.actual === transfer.length) return Handshake.ACK;
    return this.#sent === this.#answer.length ? Handshake.SHORT : Handshake.MORE;
  }

  out(number: number, transfer: BusTransfer, budget: number): Handshake {
    if (number !== 0) return this.endpoints.get(number)?.out(transfer, budget) ?? Handshake.TIMEOUT;
    if (this.#answer === 'nak') return Handshake.NAK;
    if (this.#answer === 'stall late') return Handshake.STALL;
    if (transfer.length > 0) this.log.push(`  data ${transfer.data.subarray(0, transfer.length).join(' ')}`);
    transfer.actual = transfer.length;
    return Handshake.ACK;
  }

  #ordinary({ requestType, request, value, index }: SetupPacket): Answer {
    const { content } = this;
    if (requestType === 0x80 && request === Request.GET_DESCRIPTOR) {
      const number = value & 0xff;
      if (value >> 8 === DescriptorType.DEVICE) return content.device;
      if (value >> 8 === DescriptorType.CONFIG) return content.configurations[number] ?? 'stall';
      if (value >> 8 === DescriptorType.BOS) return content.bos ?? 'stall';
      if (value >> 8 === DescriptorType.DEVICE_QUALIFIER) return content.qualifier ?? 'stall';
      if (value >> 8 === DescriptorType.STRING) return this.#string(number);
      return 'stall';
    }
    if (request === Request.GET_STATUS) return Uint8Array.of(this.wakeupEnabled ? 2 : 0, 0);
    if (requestType === 0x00 && (request === Request.SET_FEATURE || request === Request.CLEAR_FEATURE)) {
      this.wakeupEnabled = request === Request.SET_FEATURE;
      return 'ack';
    }
    if (requestType === 0x02) {
      const endpoint = this.endpoints.get(index);
      if (endpoint === undefined) return 'stall';
      endpoint.halted = request === Request.SET_FEATURE;
      return 'ack';
    }
    const known: readonly number[] = [Request.SET_ADDRESS, Request.SET_CONFIGURATION, Request.SET_INTERFACE];
    return requestType < 0x20 && known.includes(request) ? 'ack' : 'stall';
  }

  #string(number: number): Answer {
    if (number === 0) return this.content.languages ?? Uint8Array.of(4, 3, 0x09, 0x04);
    const text = this.content.strings[number];
    return text === undefined ? 'stall' : make.string(text);
  }
}

const descriptorNames: Record<number, string> = {
  1: 'device',
  2: 'configuration',
  3: 'string',
  6: 'qualifier',
  15: 'BOS',
};
const requestNames = new Map<number, string>(Object.entries(Request).map(([name, number]) => [number, name]));

function words({ requestType, request, value, index, length }: SetupPacket): string {
  const name = requestNames.get(request);
  if ((requestType & 0x60) !== 0 || name === undefined) {
    return `${requestType.toString(16)} ${request.toString(16)} ${value} ${index} ${length}`;
  }
  if (request === Request.GET_DESCRIPTOR) {
    const number = value & 0xff;
    const type = descriptorNames[value >> 8] ?? `type ${value >> 8}`;
    return `GET ${type}${type === 'string' || type === 'configuration' ? ` ${number}` : ''} ${length}`;
  }
  if (request === Request.SET_INTERFACE) return `${name} ${index} ${value}`;
  const recipient = ['', ' interface', ' endpoint'][requestType & 0x1f];
  return `${name}${recipient} ${value}${index === 0 ? '' : ` 0x${index.toString(16)}`}`;
}
