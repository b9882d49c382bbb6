import { COMMON_REGISTERS, FifoSize } from '../registers/core-registers.ts';
import type { SiliconConfiguration } from '../registers/register-space.ts';
import { PacketFifo } from './packet-fifo.ts';

/** The values of TXFIFOSZ, RXFIFOSZ, TXFIFOADD and RXFIFOADD of one endpoint. */
interface FifoRegisters {
  transmitSize: number;
  receiveSize: number;
  transmitAddress: number;
  receiveAddress: number;
}

const { TXFIFOSZ, TXFIFOADD } = COMMON_REGISTERS;
const addressMask = TXFIFOADD.fields.ADDRESS[0];

/**
 * The FIFO RAM, and the part of it that each endpoint has. Software assigns the parts, and the chip does not check
 * them.
 */
export class EndpointFifos {
  readonly ram: Uint8Array;
  readonly transmit: readonly PacketFifo[];
  readonly receive: readonly PacketFifo[];
  readonly #registers: readonly FifoRegisters[];

  constructor({ endpoints, ramBits }: SiliconConfiguration) {
    this.ram = new Uint8Array(1 << (ramBits + 2));
    const numbers = Array.from({ length: endpoints }, (_, number) => number);
    this.transmit = numbers.map(() => new PacketFifo(this.ram));
    this.receive = numbers.map(() => new PacketFifo(this.ram));
    this.#registers = numbers.map(() => ({ transmitSize: 0, receiveSize: 0, transmitAddress: 0, receiveAddress: 0 }));
  }

  read(index: number, lane: number): number {
    const registers = this.#registers[index];
    if (registers === undefined) return 0;
    if (lane === TXFIFOSZ.offset) return registers.transmitSize | (registers.receiveSize << 8);
    return lane === TXFIFOADD.offset ? registers.transmitAddress : registers.receiveAddress;
  }

  write(index: number, lane: number, value: number, lanes: number): void {
    const registers = this.#registers[index];
    if (registers === undefined) return;
    if (lane === TXFIFOSZ.offset) {
      if ((lanes & 0xff) !== 0) registers.transmitSize = value & 0x1f;
      if (lanes > 0xff) registers.receiveSize = (value >> 8) & 0x1f;
    } else if (lane === TXFIFOADD.offset)
      registers.transmitAddress = (registers.transmitAddress & ~lanes) | (value & lanes & addressMask);
    else registers.receiveAddress = (registers.receiveAddress & ~lanes) | (value & lanes & addressMask);
    configure(this.transmit[index]!, registers.transmitAddress, registers.transmitSize);
    configure(this.receive[index]!, registers.receiveAddress, registers.receiveSize);
  }
}

function configure(fifo: PacketFifo, address: number, size: number): void {
  fifo.configure(address * 8, 8 << (size & FifoSize.SIZE), (size & FifoSize.DPB) !== 0);
}
