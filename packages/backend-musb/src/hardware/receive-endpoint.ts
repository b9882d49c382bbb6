import { type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import { ENDPOINT_REGISTERS, Maxp, Rxcsr } from '../registers/endpoint-registers.ts';
import { accessMasks } from '../registers/register.ts';
import type { EndpointWiring } from './endpoint-wiring.ts';
import type { PacketFifo } from './packet-fifo.ts';

const masks = accessMasks(ENDPOINT_REGISTERS.RXCSR);
/** In mode 1, DMA requests replace the interrupt of each full packet. */
const MODE_1 = Rxcsr.DMAENAB | Rxcsr.DMAMODE;

/** The receive half of an endpoint: packets from the host to its FIFO. */
export class ReceiveEndpoint {
  readonly number: number;
  readonly fifo: PacketFifo;
  #maxp = 0;
  /** RXCSR without RXPKTRDY and FIFOFULL, which follow from the FIFO. */
  #csr = 0;
  /** Bytes of an incomplete load that consists of several packets. */
  #arrived = 0;
  #refused = false;
  readonly #wiring: EndpointWiring;

  constructor(number: number, fifo: PacketFifo, wiring: EndpointWiring) {
    this.number = number;
    this.fifo = fifo;
    this.#wiring = wiring;
  }

  /** Value of RXMAXP. */
  get maxp(): number {
    return this.#maxp;
  }

  /** Value of RXCSR. */
  get csr(): number {
    if (this.fifo.count === 0) return this.#csr;
    return this.#csr | (this.fifo.full ? Rxcsr.RXPKTRDY | Rxcsr.FIFOFULL : Rxcsr.RXPKTRDY);
  }

  /** Value of RXCOUNT. */
  get waiting(): number {
    return this.fifo.unread;
  }

  /** True if DMA is enabled and there is data for it. */
  get wantsDma(): boolean {
    return (this.#csr & Rxcsr.DMAENAB) !== 0 && this.fifo.count > 0;
  }

  /** True if the first packet is as long as RXMAXP allows. */
  get fullPacket(): boolean {
    return this.fifo.headLength === (this.#maxp & Maxp.PACKET) * ((this.#maxp >> 11) + 1);
  }

  writeMaxp(value: number): void {
    this.#maxp = value;
    this.#answerChanged();
  }

  /** @param lanes the bits that the access reaches */
  writeCsr(value: number, lanes: number): void {
    const rw = masks.rw & lanes;
    const cleared = masks.w0c & lanes & ~value;
    this.#csr = ((this.#csr & ~rw) | (value & rw)) & ~cleared;
    if ((value & lanes & Rxcsr.FLUSHFIFO) !== 0 || (cleared & Rxcsr.RXPKTRDY) !== 0) this.taken();
    if ((this.#csr & Rxcsr.SENDSTALL) !== 0) this.#answerChanged();
    if (this.wantsDma) this.#wiring.drain(this.number);
  }

  /** Releases the first packet. */
  taken(): void {
    if (this.fifo.count === 0) return;
    this.fifo.release();
    if (this.fifo.count > 0) this.#packetReady();
    this.#answerChanged();
  }

  /** Called when DMA has taken a whole packet. AUTOCLEAR releases a full one. */
  unloaded(): void {
    if ((this.#csr & Rxcsr.AUTOCLEAR) !== 0 && this.fullPacket) this.taken();
  }

  /** Serves OUT tokens, each with a packet. */
  receive(transfer: BusTransfer, budget: number): Handshake {
    const packet = this.#maxp & Maxp.PACKET;
    if (packet === 0 || !this.fifo.holds(packet)) return Handshake.TIMEOUT;
    let allowance = budget;
    for (;;) {
      if ((this.#csr & Rxcsr.SENDSTALL) !== 0) return this.#stall();
      if (this.fifo.full) {
        this.#refused = true;
        return Handshake.NAK;
      }
      const left = transfer.length - transfer.actual;
      const length = left < packet ? left : packet;
      if (length > allowance) return Handshake.MORE;
      this.fifo.copyIn(this.#arrived, transfer.data, transfer.actual, length);
      transfer.actual += length;
      allowance -= length;
      const last = length < packet || (length === left && !transfer.zeroPacket);
      this.#complete(length, packet, last);
      if (last) return Handshake.ACK;
    }
  }

  /** Handles a bus reset. */
  reset(): void {
    this.fifo.reset();
    this.#maxp = 0;
    this.#csr = 0;
    this.#arrived = 0;
    this.#answerChanged();
  }

  /** @param last true for the last packet of the host's transfer; on isochronous endpoints, of the microframe */
  #complete(length: number, packet: number, last: boolean): void {
    this.#arrived += length;
    const more = length === packet && this.#arrived < packet * ((this.#maxp >> 11) + 1);
    if (more && !(last && (this.#csr & Rxcsr.ISO) !== 0)) return;
    this.fifo.arrive(this.#arrived);
    this.#arrived = 0;
    if (this.fifo.count === 1) this.#packetReady();
  }

  #packetReady(): void {
    const byDma = (this.#csr & MODE_1) === MODE_1 && this.fullPacket;
    if (!byDma) this.#wiring.interrupts.raiseReceive(this.number);
    if (this.wantsDma) this.#wiring.drain(this.number);
  }

  #stall(): Handshake {
    this.#csr |= Rxcsr.SENTSTALL;
    this.#wiring.interrupts.raiseReceive(this.number);
    return Handshake.STALL;
  }

  #answerChanged(): void {
    if (!this.#refused) return;
    this.#refused = false;
    this.#wiring.ready(this.number);
  }
}
