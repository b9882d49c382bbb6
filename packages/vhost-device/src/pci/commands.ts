import type { DeviceCounts } from '../device-statistics.ts';
import type { Report } from '../report.ts';
import { violation } from '../violation.ts';
import type { Virtqueue } from '../virtqueue/virtqueue.ts';
import { CONFIG_BYTES, MOST_BARS } from './config-registers.ts';
import type { ConfigSpace } from './config-space.ts';
import type { Interrupts } from './interrupts.ts';
import type { PciBar, PciConfiguration } from './pci-function.ts';
import { fillRegisters, fits, readRegisters, writeRegisters } from './register-access.ts';
import { HEADER_BYTES, Operation } from './transaction.ts';

/** The most bytes that one read may ask for. */
const LONGEST_READ = 65_536;

/**
 * Executes a driver's commands on a function. As on a bus, an access that no register answers reads as ones, and writes
 * to it are lost. A malformed message is a violation.
 */
export class Commands {
  readonly #bars: PciConfiguration['bars'];
  readonly #config: ConfigSpace;
  readonly #interrupts: Interrupts;
  readonly #counts: DeviceCounts;
  readonly #report: Report;
  readonly #answer = new Uint8Array(LONGEST_READ);

  constructor(
    bars: PciConfiguration['bars'],
    config: ConfigSpace,
    interrupts: Interrupts,
    counts: DeviceCounts,
    report: Report,
  ) {
    this.#bars = bars;
    this.#config = config;
    this.#interrupts = interrupts;
    this.#counts = counts;
    this.#report = report;
  }

  /**
   * Executes the command in the queue's current chain.
   *
   * @returns bytes written to the chain
   * @throws KernelError EPROTO malformed message
   */
  execute(queue: Virtqueue): number {
    const { request } = queue;
    if (queue.requestLength < HEADER_BYTES)
      throw malformed(`a message must have at least ${HEADER_BYTES} bytes, but has ${queue.requestLength}`);
    const size = word(request, 4);
    const address = word(request, 8) + word(request, 12) * 2 ** 32;
    switch (request[0]) {
      case Operation.MMIO_READ:
        return this.#read(queue, this.#bar(request[1]!), address, size);
      case Operation.MMIO_WRITE:
        this.#expectData(queue, size);
        return this.#write(queue, this.#bar(request[1]!), address, size);
      case Operation.CONFIGURATION_READ:
        return this.#readConfiguration(queue, address, size);
      case Operation.CONFIGURATION_WRITE:
        this.#expectData(queue, size);
        return this.#writeConfiguration(queue, address, size);
      case Operation.MMIO_MEMSET:
        this.#expectData(queue, 1);
        return this.#fill(queue, this.#bar(request[1]!), address, size);
      default:
        throw malformed(`there is no operation ${request[0]}`);
    }
  }

  #read(queue: Virtqueue, bar: PciBar | undefined, offset: number, size: number): number {
    this.#expectRoom(queue, size);
    this.#counts.registerReads++;
    const answer = this.#answer;
    if (bar !== undefined && fits(bar, offset, size)) readRegisters(bar.space, offset, size, answer);
    else answer.fill(0xff, 0, size);
    queue.reply(answer, size);
    if (this.#report !== undefined) this.#tell('register read', queue, offset, size, answer, 0);
    return size;
  }

  #write(queue: Virtqueue, bar: PciBar | undefined, offset: number, size: number): number {
    this.#counts.registerWrites++;
    if (this.#report !== undefined) this.#tell('register write', queue, offset, size, queue.request, HEADER_BYTES);
    if (bar !== undefined && fits(bar, offset, size))
      writeRegisters(bar.space, offset, size, queue.request, HEADER_BYTES);
    return 0;
  }

  #fill(queue: Virtqueue, bar: PciBar | undefined, offset: number, size: number): number {
    this.#counts.registerWrites++;
    const byte = queue.request[HEADER_BYTES]!;
    this.#report?.('register fill', { bar: queue.request[1], offset, size, value: byte });
    if (bar !== undefined && fits(bar, offset, size)) fillRegisters(bar.space, offset, size, byte);
    return 0;
  }

  #readConfiguration(queue: Virtqueue, offset: number, size: number): number {
    expectConfigurationSize(size);
    this.#expectRoom(queue, size);
    this.#counts.configurationReads++;
    this.#config.read(offset, size, this.#answer);
    queue.reply(this.#answer, size);
    if (this.#report !== undefined) this.#tell('configuration read', queue, offset, size, this.#answer, 0);
    return size;
  }

  #writeConfiguration(queue: Virtqueue, offset: number, size: number): number {
    expectConfigurationSize(size);
    this.#counts.configurationWrites++;
    if (this.#report !== undefined) this.#tell('configuration write', queue, offset, size, queue.request, HEADER_BYTES);
    if (offset < CONFIG_BYTES) {
      this.#config.write(offset, size, queue.request, HEADER_BYTES);
      this.#interrupts.retry();
    }
    return 0;
  }

  #bar(number: number): PciBar | undefined {
    if (number >= MOST_BARS) throw malformed(`there is no BAR ${number}; BARs have the numbers 0 to ${MOST_BARS - 1}`);
    return this.#config.memoryEnabled ? this.#bars[number] : undefined;
  }

  #expectData(queue: Virtqueue, size: number): void {
    const data = queue.requestLength - HEADER_BYTES;
    if (data < size) throw malformed(`the message writes ${size} bytes, but has ${data}`);
  }

  #expectRoom(queue: Virtqueue, size: number): void {
    if (size > LONGEST_READ) throw malformed(`the message reads ${size} bytes; at most ${LONGEST_READ} are allowed`);
    if (size > queue.room) throw malformed(`the message reads ${size} bytes, but has room for ${queue.room}`);
  }

  #tell(what: string, queue: Virtqueue, offset: number, size: number, data: Uint8Array, at: number): void {
    const bar = what.startsWith('register') ? queue.request[1] : undefined;
    const value = size <= 4 ? number(data, at, size) : undefined;
    this.#report?.(what, { bar, offset, size, value });
  }
}

const malformed = (sentence: string): Error => violation('virtqueue cmd', sentence);

function expectConfigurationSize(size: number): void {
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8)
    throw malformed(`an access to configuration space has ${size} bytes; it has to have 1, 2, 4 or 8`);
}

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

function number(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let byte = size - 1; byte >= 0; byte--) value = ((value << 8) | bytes[at + byte]!) >>> 0;
  return value;
}
