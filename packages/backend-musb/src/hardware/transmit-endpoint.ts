import { type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import { ENDPOINT_REGISTERS, Maxp, Txcsr } from '../registers/endpoint-registers.ts';
import { accessMasks } from '../registers/register.ts';
import type { EndpointWiring } from './endpoint-wiring.ts';
import type { PacketFifo } from './packet-fifo.ts';

const masks = accessMasks(ENDPOINT_REGISTERS.TXCSR);
/** In mode 1, DMA requests replace the interrupt of each packet. */
const MODE_1 = Txcsr.DMAENAB | Txcsr.DMAMODE;

/** The transmit half of an endpoint: packets from its FIFO to the host. */
export class TransmitEndpoint {
  readonly number: number;
  readonly fifo: PacketFifo;
  #maxp = 0;
  #csr = 0;
  /** Bytes of the first load that the host has received. A load may be several packets. */
  #sent = 0;
  #refused = false;
  readonly #wiring: EndpointWiring;

  constructor(number: number, fifo: PacketFifo, wiring: EndpointWiring) {
    this.number = number;
    this.fifo = fifo;
    this.#wiring = wiring;
  }

  /** Value of TXMAXP. */
  get maxp(): number {
    return this.#maxp;
  }

  /** Bytes of a packet on the bus. */
  get packet(): number {
    return this.#maxp & Maxp.PACKET;
  }

  /** Bytes of one load of the FIFO. */
  get load(): number {
    return this.packet * ((this.#maxp >> 11) + 1);
  }

  /** Value of TXCSR. */
  get csr(): number {
    return this.fifo.count > 0 ? this.#csr | Txcsr.FIFONOTEMPTY : this.#csr;
  }

  /** True if DMA is enabled and the FIFO has room. */
  get wantsDma(): boolean {
    return (this.#csr & (Txcsr.DMAENAB | Txcsr.TXPKTRDY)) === Txcsr.DMAENAB;
  }

  /** True if a full load becomes ready without TXPKTRDY. */
  get autoSet(): boolean {
    return (this.#csr & Txcsr.AUTOSET) !== 0;
  }

  writeMaxp(value: number): void {
    this.#maxp = value;
    this.#answerChanged();
  }

  /** @param lanes the bits that the access reaches */
  writeCsr(value: number, lanes: number): void {
    const written = value & lanes;
    const rw = masks.rw & lanes;
    this.#csr = ((this.#csr & ~rw) | (written & rw)) & ~(masks.w0c & lanes & ~value);
    if ((written & Txcsr.FLUSHFIFO) !== 0) this.#flush((written & Txcsr.TXPKTRDY) !== 0);
    else if ((written & ~this.#csr & Txcsr.TXPKTRDY) !== 0) this.ready();
    if ((this.#csr & Txcsr.SENDSTALL) !== 0) this.#answerChanged();
    if (this.wantsDma) this.#wiring.fill(this.number);
  }

  /** Makes the loaded bytes a packet, which goes out with the next IN token. */
  ready(): void {
    this.fifo.commit();
    this.#csr |= Txcsr.TXPKTRDY;
    if (!this.fifo.full) this.#roomAgain();
    this.#answerChanged();
  }

  /** Serves IN tokens. */
  send(transfer: BusTransfer, budget: number): Handshake {
    const packet = this.packet;
    if (packet === 0) return Handshake.TIMEOUT;
    let allowance = budget;
    for (;;) {
      if ((this.#csr & Txcsr.SENDSTALL) !== 0) return this.#stall();
      if (this.fifo.count === 0) {
        this.#csr |= Txcsr.UNDERRUN;
        this.#refused = true;
        return Handshake.NAK;
      }
      const left = this.fifo.headLength - this.#sent;
      const length = left < packet ? left : packet;
      const wanted = transfer.length - transfer.actual;
      if (length > allowance) return Handshake.MORE;
      if (length > wanted) return this.#babble(transfer, wanted);
      this.fifo.copyOut(this.#sent, transfer.data, transfer.actual, length);
      transfer.actual += length;
      allowance -= length;
      this.#acknowledged(length);
      if (length < packet) return length === wanted ? Handshake.ACK : Handshake.SHORT;
      if (length === wanted) return Handshake.ACK;
    }
  }

  /** Handles a bus reset. */
  reset(): void {
    this.fifo.reset();
    this.#maxp = 0;
    this.#csr = 0;
    this.#sent = 0;
    this.#answerChanged();
  }

  #acknowledged(length: number): void {
    this.#sent += length;
    if (this.#sent < this.fifo.headLength) return;
    this.#sent = 0;
    const cursor = this.fifo.cursor;
    this.fifo.release();
    // The CPU may be loading the second place.
    this.fifo.cursor = cursor;
    if ((this.#csr & Txcsr.TXPKTRDY) === 0) return;
    this.#roomAgain();
    if (this.wantsDma) this.#wiring.fill(this.number);
  }

  #roomAgain(): void {
    this.#csr &= ~Txcsr.TXPKTRDY;
    if ((this.#csr & MODE_1) !== MODE_1) this.#wiring.interrupts.raiseTransmit(this.number);
  }

  /** Answers a transfer that is too short for the packet: the host does not acknowledge it, so the packet stays. */
  #babble(transfer: BusTransfer, wanted: number): Handshake {
    this.fifo.copyOut(this.#sent, transfer.data, transfer.actual, wanted);
    transfer.actual += wanted;
    return Handshake.BABBLE;
  }

  #stall(): Handshake {
    this.#csr = (this.#csr | Txcsr.SENTSTALL) & ~Txcsr.TXPKTRDY;
    this.fifo.reset();
    this.#sent = 0;
    this.#wiring.interrupts.raiseTransmit(this.number);
    return Handshake.STALL;
  }

  /** @param loading true: drops only the bytes that are being loaded, and keeps the packets that are ready */
  #flush(loading: boolean): void {
    if (loading || this.fifo.count === 0) {
      this.fifo.cursor = 0;
      return;
    }
    this.fifo.dropLast();
    if (this.fifo.count === 0) this.#sent = 0;
    this.#csr &= ~Txcsr.TXPKTRDY;
    this.#wiring.interrupts.raiseTransmit(this.number);
  }

  #answerChanged(): void {
    if (!this.#refused) return;
    this.#refused = false;
    this.#wiring.ready(0x80 | this.number);
  }
}
