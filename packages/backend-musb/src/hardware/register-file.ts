import { COMMON_REGISTERS, FIFO_BASE, FLAT_BASE, INDEXED_BASE } from '../registers/core-registers.ts';
import { DMA_BASE } from '../registers/dma-registers.ts';
import { accessMasks } from '../registers/register.ts';
import type { RegisterSpace, SiliconConfiguration } from '../registers/register-space.ts';
import type { ControlEndpoint } from './control-endpoint.ts';
import type { DmaController } from './dma-controller.ts';
import type { EndpointFifos } from './endpoint-fifos.ts';
import type { Interrupts } from './interrupts.ts';
import type { ReceiveEndpoint } from './receive-endpoint.ts';
import type { TransmitEndpoint } from './transmit-endpoint.ts';
import type { UsbLink } from './usb-link.ts';

/** The parts of the chip behind the registers. */
export interface RegisterFileParts {
  readonly silicon: SiliconConfiguration;
  readonly link: UsbLink;
  readonly interrupts: Interrupts;
  readonly control: ControlEndpoint;
  /** Transmit endpoints by number. Entry 0 is unused. */
  readonly transmit: readonly TransmitEndpoint[];
  readonly receive: readonly ReceiveEndpoint[];
  readonly fifos: EndpointFifos;
  readonly dma: DmaController;
}

const BYTE = 0xff;
const WORD = 0xffff;
const END = DMA_BASE + 0x100;
const at = Object.fromEntries(Object.entries(COMMON_REGISTERS).map(([name, { offset }]) => [name, offset])) as {
  readonly [Name in keyof typeof COMMON_REGISTERS]: number;
};
const usbEnableMask = accessMasks(COMMON_REGISTERS.INTRUSBE).rw;
const transmitMask = accessMasks(COMMON_REGISTERS.INTRTXE).rw;
const receiveMask = accessMasks(COMMON_REGISTERS.INTRRXE).rw;

/**
 * The register space: maps each address to a part of the chip. Every access consists of 16-bit lanes and reaches some
 * of their bits. Registers are read and written lane by lane, so that any width has the effect that it has on the bus
 * of a SoC.
 */
export class RegisterFile implements RegisterSpace {
  readonly #parts: RegisterFileParts;
  #index = 0;
  #address = 0;
  #testMode = 0;
  #babble = 0;
  /** TXTYPE, TXINTERVAL, RXTYPE and RXINTERVAL, which only a host uses. */
  readonly #types: Uint16Array;
  readonly #word = new Uint8Array(4);

  constructor(parts: RegisterFileParts) {
    this.#parts = parts;
    this.#types = new Uint16Array(2 * parts.silicon.endpoints);
  }

  read8(offset: number): number {
    const shift = (offset & 1) * 8;
    if (isFifo(offset)) return this.#readFifo(offset, 1);
    return (this.#read(offset & ~1, BYTE << shift) >> shift) & BYTE;
  }

  read16(offset: number): number {
    return isFifo(offset) ? this.#readFifo(offset, 2) : this.#read(offset & ~1, WORD);
  }

  read32(offset: number): number {
    if (isFifo(offset)) return this.#readFifo(offset, 4);
    const low = this.#read(offset & ~3, WORD);
    return (low | (this.#read((offset & ~3) + 2, WORD) << 16)) >>> 0;
  }

  write8(offset: number, value: number): void {
    const shift = (offset & 1) * 8;
    if (isFifo(offset)) this.#writeFifo(offset, value, 1);
    else this.#write(offset & ~1, (value & BYTE) << shift, BYTE << shift);
  }

  write16(offset: number, value: number): void {
    if (isFifo(offset)) this.#writeFifo(offset, value, 2);
    else this.#write(offset & ~1, value & WORD, WORD);
  }

  write32(offset: number, value: number): void {
    if (isFifo(offset)) {
      this.#writeFifo(offset, value, 4);
      return;
    }
    this.#write(offset & ~3, value & WORD, WORD);
    this.#write((offset & ~3) + 2, (value >>> 16) & WORD, WORD);
  }

  readRepeatedly(offset: number, into: Uint8Array, start: number, length: number): void {
    if (isFifo(offset)) this.#unload((offset - FIFO_BASE) >> 2, into, start, length);
    else for (let byte = 0; byte < length; byte++) into[start + byte] = this.read8(offset);
  }

  writeRepeatedly(offset: number, from: Uint8Array, start: number, length: number): void {
    if (isFifo(offset)) this.#load((offset - FIFO_BASE) >> 2, from, start, length);
    else for (let byte = 0; byte < length; byte++) this.write8(offset, from[start + byte]!);
  }

  /** Resets the registers that a bus reset changes. */
  reset(): void {
    this.#address = 0;
    this.#index = 0;
    this.#testMode = 0;
    this.#types.fill(0);
  }

  #read(lane: number, lanes: number): number {
    if (lane >= FLAT_BASE) {
      if (lane < DMA_BASE) return this.#readEndpoint((lane - FLAT_BASE) >> 4, lane & 0xe);
      return lane < END ? this.#parts.dma.read(lane - DMA_BASE) : 0;
    }
    if (lane >= INDEXED_BASE && lane < FIFO_BASE) return this.#readEndpoint(this.#index, lane & 0xe);
    return this.#readCommon(lane, lanes);
  }

  #write(lane: number, value: number, lanes: number): void {
    if (lane >= FLAT_BASE) {
      if (lane < DMA_BASE) this.#writeEndpoint((lane - FLAT_BASE) >> 4, lane & 0xe, value, lanes);
      else if (lane < END) this.#parts.dma.write(lane - DMA_BASE, value, lanes);
    } else if (lane >= INDEXED_BASE && lane < FIFO_BASE) this.#writeEndpoint(this.#index, lane & 0xe, value, lanes);
    else this.#writeCommon(lane, value, lanes);
  }

  #readEndpoint(number: number, register: number): number {
    const { control, silicon } = this.#parts;
    const transmit = this.#parts.transmit[number];
    const receive = this.#parts.receive[number];
    if (transmit === undefined || receive === undefined) return 0;
    switch (register) {
      case 0x0:
        return transmit.maxp;
      case 0x2:
        return number === 0 ? control.csr : transmit.csr;
      case 0x4:
        return receive.maxp;
      case 0x6:
        return number === 0 ? 0 : receive.csr;
      case 0x8:
        return number === 0 ? control.count : receive.waiting;
      case 0xe:
        // FIFOSIZE is 0 with dynamic FIFOs.
        return number === 0 ? silicon.configData << 8 : 0;
      default:
        return this.#types[2 * number + (register === 0xa ? 0 : 1)]!;
    }
  }

  #writeEndpoint(number: number, register: number, value: number, lanes: number): void {
    const transmit = this.#parts.transmit[number];
    const receive = this.#parts.receive[number];
    if (transmit === undefined || receive === undefined) return;
    switch (register) {
      case 0x0:
        transmit.writeMaxp((transmit.maxp & ~lanes) | (value & lanes));
        break;
      case 0x2:
        if (number === 0) this.#parts.control.writeCsr(value, lanes);
        else transmit.writeCsr(value, lanes);
        break;
      case 0x4:
        receive.writeMaxp((receive.maxp & ~lanes) | (value & lanes));
        break;
      case 0x6:
        if (number !== 0) receive.writeCsr(value, lanes);
        break;
      case 0xa:
      case 0xc: {
        const place = 2 * number + (register === 0xa ? 0 : 1);
        this.#types[place] = (this.#types[place]! & ~lanes) | (value & lanes);
      }
    }
  }

  #readCommon(lane: number, lanes: number): number {
    const { interrupts, link, fifos, silicon } = this.#parts;
    switch (lane) {
      case at.FADDR:
        return this.#address | (link.power << 8);
      case at.INTRTX: {
        const causes = interrupts.transmit;
        interrupts.transmit &= ~lanes;
        return causes;
      }
      case at.INTRRX: {
        const causes = interrupts.receive;
        interrupts.receive &= ~lanes;
        return causes;
      }
      case at.INTRTXE:
        return interrupts.transmitEnable;
      case at.INTRRXE:
        return interrupts.receiveEnable;
      case at.INTRUSB: {
        const causes = interrupts.usb;
        interrupts.usb &= ~(lanes & BYTE);
        return causes | (interrupts.usbEnable << 8);
      }
      case at.FRAME:
        return link.frame;
      case at.INDEX:
        return this.#index | (this.#testMode << 8);
      case at.DEVCTL:
        return link.devctl | (this.#babble << 8);
      case at.TXFIFOSZ:
      case at.TXFIFOADD:
      case at.RXFIFOADD:
        return fifos.read(this.#index, lane);
      case at.HWVERS:
        return silicon.hardwareVersion;
      case at.EPINFO:
        return ((silicon.endpoints - 1) * 0x11) | (((silicon.dmaChannels << 4) | silicon.ramBits) << 8);
      default:
        return 0;
    }
  }

  #writeCommon(lane: number, value: number, lanes: number): void {
    const { interrupts, link, fifos } = this.#parts;
    switch (lane) {
      case at.FADDR:
        if ((lanes & BYTE) !== 0) this.#address = value & 0x7f;
        if (lanes > BYTE) link.writePower(value >> 8, lanes >> 8);
        break;
      case at.INTRTXE:
        interrupts.transmitEnable = (interrupts.transmitEnable & ~lanes) | (value & lanes & transmitMask);
        interrupts.enabled();
        break;
      case at.INTRRXE:
        interrupts.receiveEnable = (interrupts.receiveEnable & ~lanes) | (value & lanes & receiveMask);
        interrupts.enabled();
        break;
      case at.INTRUSB:
        if (lanes <= BYTE) break;
        interrupts.usbEnable = (value >> 8) & usbEnableMask;
        interrupts.enabled();
        break;
      case at.INDEX:
        if ((lanes & BYTE) !== 0) this.#index = value & 0x0f;
        if (lanes > BYTE) this.#testMode = value >> 8;
        break;
      case at.DEVCTL:
        if ((lanes & BYTE) !== 0) link.writeDevctl(value, lanes);
        if (lanes > BYTE) this.#babble = value >> 8;
        break;
      case at.TXFIFOSZ:
      case at.TXFIFOADD:
      case at.RXFIFOADD:
        fifos.write(this.#index, lane, value, lanes);
        break;
    }
  }

  #readFifo(offset: number, width: number): number {
    const word = this.#word.fill(0);
    this.#unload((offset - FIFO_BASE) >> 2, word, 0, width);
    return (word[0]! | (word[1]! << 8) | (word[2]! << 16) | (word[3]! << 24)) >>> 0;
  }

  #writeFifo(offset: number, value: number, width: number): void {
    for (let byte = 0; byte < width; byte++) this.#word[byte] = value >>> (8 * byte);
    this.#load((offset - FIFO_BASE) >> 2, this.#word, 0, width);
  }

  #unload(number: number, into: Uint8Array, start: number, length: number): void {
    if (number === 0) this.#parts.control.unload(into, start, length);
    else this.#parts.receive[number]?.fifo.unload(into, start, length);
  }

  #load(number: number, from: Uint8Array, start: number, length: number): void {
    if (number === 0) this.#parts.control.load(from, start, length);
    else this.#parts.transmit[number]?.fifo.load(from, start, length);
  }
}

function isFifo(offset: number): boolean {
  return offset >= FIFO_BASE && offset < at.DEVCTL;
}
