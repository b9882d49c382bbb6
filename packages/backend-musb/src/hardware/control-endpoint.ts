import { encodeSetup, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import { type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import { CONTROL_REGISTERS, Csr0 } from '../registers/endpoint-registers.ts';
import { accessMasks } from '../registers/register.ts';
import type { EndpointWiring } from './endpoint-wiring.ts';

const masks = accessMasks(CONTROL_REGISTERS.CSR0);
/** Bytes of a packet, and of the FIFO at the start of the RAM. The silicon fixes it (MUSB_EP0_FIFOSIZE). */
const SIZE = 64;

/**
 * Endpoint 0: one FIFO for both directions, and the stages of a control transfer as the chip tells them apart. The chip
 * looks only at the direction of a SETUP packet; software sets DATAEND at the end of the data.
 */
export class ControlEndpoint {
  #csr = 0;
  readonly #fifo: Uint8Array;
  /** Bytes of the packet that was received. */
  #received = 0;
  /** Bytes that software has read of the received packet, or written of the next packet to send. */
  #cursor = 0;
  /** Bytes of the packet that is ready to be sent. */
  #length = 0;
  /** True while a control transfer is under way. */
  #busy = false;
  #toHost = false;
  /** Direction of the status stage, set with DATAEND. */
  #statusIn = false;
  #refusedIn = false;
  #refusedOut = false;
  readonly #wiring: EndpointWiring;

  constructor(ram: Uint8Array, wiring: EndpointWiring) {
    this.#fifo = ram.subarray(0, SIZE);
    this.#wiring = wiring;
  }

  /** Value of CSR0. */
  get csr(): number {
    return this.#csr;
  }

  /** Value of COUNT0. */
  get count(): number {
    return this.#received - (this.#received > 0 ? this.#cursor : 0);
  }

  /** @param lanes the bits that the access reaches */
  writeCsr(value: number, lanes: number): void {
    const written = value & lanes;
    this.#csr &= ~(masks.w0c & lanes & ~value);
    if ((written & Csr0.SVDSETUPEND) !== 0) this.#csr &= ~Csr0.SETUPEND;
    if ((written & Csr0.FLUSHFIFO) !== 0) this.#flush();
    if ((written & Csr0.SVDRXPKTRDY) !== 0) this.#packetTaken();
    if ((written & Csr0.TXPKTRDY) !== 0 && (this.#csr & Csr0.TXPKTRDY) === 0) {
      this.#length = this.#cursor;
      this.#cursor = 0;
      this.#csr |= Csr0.TXPKTRDY;
    }
    if ((written & Csr0.DATAEND) !== 0) {
      this.#csr |= Csr0.DATAEND;
      this.#statusIn = (written & Csr0.TXPKTRDY) === 0;
    }
    if ((written & Csr0.SENDSTALL) !== 0) this.#csr |= Csr0.SENDSTALL;
    this.#answerChanged();
  }

  load(from: Uint8Array, at: number, length: number): void {
    for (let byte = 0; byte < length && this.#cursor < SIZE; byte++) this.#fifo[this.#cursor++] = from[at + byte]!;
  }

  unload(into: Uint8Array, at: number, length: number): void {
    const there = Math.min(length, this.count);
    for (let byte = 0; byte < there; byte++) into[at + byte] = this.#fifo[this.#cursor++]!;
  }

  /** Takes a SETUP packet in any state. One that comes early ends the current transfer. */
  setup(packet: SetupPacket): Handshake {
    const early = this.#busy && (this.#csr & Csr0.DATAEND) === 0;
    const kept = this.#csr & (Csr0.SETUPEND | Csr0.SENTSTALL);
    this.#csr = kept | Csr0.RXPKTRDY | (early ? Csr0.SETUPEND : 0);
    this.#fifo.set(encodeSetup(packet));
    this.#received = 8;
    this.#cursor = 0;
    this.#busy = true;
    this.#toHost = (packet.requestType & USB_DIR_IN) !== 0;
    this.#interrupt();
    return Handshake.ACK;
  }

  /** Serves IN tokens: data to the host, or the status stage of a transfer from the host. */
  in(transfer: BusTransfer, budget: number): Handshake {
    if ((this.#csr & Csr0.SENDSTALL) !== 0) return this.#stall();
    if (!this.#busy) return Handshake.STALL;
    const ending = (this.#csr & Csr0.DATAEND) !== 0;
    if (ending && this.#statusIn && (this.#csr & Csr0.RXPKTRDY) === 0) return this.#statusDone();
    if ((this.#csr & (Csr0.TXPKTRDY | Csr0.RXPKTRDY)) !== Csr0.TXPKTRDY) {
      // The host asks for more than there is.
      if (ending && (this.#csr & Csr0.RXPKTRDY) === 0) return this.#stall();
      this.#refusedIn = true;
      return Handshake.NAK;
    }
    const wanted = transfer.length - transfer.actual;
    const length = this.#length < wanted ? this.#length : wanted;
    if (length > budget) return Handshake.MORE;
    transfer.data.set(this.#fifo.subarray(0, length), transfer.actual);
    transfer.actual += length;
    if (this.#length > wanted) return Handshake.BABBLE;
    this.#csr &= ~Csr0.TXPKTRDY;
    this.#interrupt();
    if (length === wanted) return Handshake.ACK;
    if (length < SIZE) return Handshake.SHORT;
    this.#refusedIn = true;
    return Handshake.NAK;
  }

  /** Serves OUT tokens: data from the host, or the status stage of a transfer to the host. */
  out(transfer: BusTransfer, budget: number): Handshake {
    if ((this.#csr & Csr0.SENDSTALL) !== 0) return this.#stall();
    if (!this.#busy) return Handshake.STALL;
    if ((this.#csr & Csr0.RXPKTRDY) !== 0) return this.#refuseOut();
    if (this.#toHost) return this.#statusFromHost();
    if ((this.#csr & Csr0.DATAEND) !== 0) return this.#stall();
    const left = transfer.length - transfer.actual;
    const length = left < SIZE ? left : SIZE;
    if (length > budget) return Handshake.MORE;
    this.#fifo.set(transfer.data.subarray(transfer.actual, transfer.actual + length));
    transfer.actual += length;
    this.#received = length;
    this.#cursor = 0;
    this.#csr |= Csr0.RXPKTRDY;
    this.#interrupt();
    return length === left ? Handshake.ACK : this.#refuseOut();
  }

  /** Handles a bus reset. */
  reset(): void {
    this.#csr = 0;
    this.#busy = false;
    this.#flush();
    this.#answerChanged();
  }

  #refuseOut(): Handshake {
    this.#refusedOut = true;
    return Handshake.NAK;
  }

  /** The host starts the status stage. If software has more data to send, the transfer ends early. */
  #statusFromHost(): Handshake {
    if ((this.#csr & Csr0.DATAEND) !== 0) return this.#statusDone();
    this.#csr = (this.#csr & ~Csr0.TXPKTRDY) | Csr0.SETUPEND;
    this.#busy = false;
    this.#interrupt();
    return Handshake.ACK;
  }

  #statusDone(): Handshake {
    this.#csr &= ~(Csr0.DATAEND | Csr0.TXPKTRDY);
    this.#busy = false;
    this.#interrupt();
    return Handshake.ACK;
  }

  #stall(): Handshake {
    this.#csr = (this.#csr & ~(Csr0.SENDSTALL | Csr0.DATAEND | Csr0.TXPKTRDY)) | Csr0.SENTSTALL;
    this.#busy = false;
    this.#interrupt();
    return Handshake.STALL;
  }

  #packetTaken(): void {
    this.#csr &= ~Csr0.RXPKTRDY;
    this.#received = 0;
    this.#cursor = 0;
  }

  #flush(): void {
    this.#packetTaken();
    this.#csr &= ~Csr0.TXPKTRDY;
    this.#length = 0;
  }

  #interrupt(): void {
    this.#wiring.interrupts.raiseTransmit(0);
  }

  #answerChanged(): void {
    if (this.#refusedIn) {
      this.#refusedIn = false;
      this.#wiring.ready(USB_DIR_IN);
    }
    if (this.#refusedOut) {
      this.#refusedOut = false;
      this.#wiring.ready(0);
    }
  }
}
