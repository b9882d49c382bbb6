import { Errno, isKernelError } from '@gadgetloom/core';
import { BoardEndpoint, controlEndpoint } from '@gadgetloom/simulated-board';
import { decodeSetup, type SetupPacket, USB_DIR_IN, type UsbRequest } from '@gadgetloom/udc';
import { COMMON_REGISTERS, Power } from '../registers/core-registers.ts';
import { CONTROL_REGISTERS, Csr0 } from '../registers/endpoint-registers.ts';
import { answerIn, serveWithoutData } from './control-requests.ts';
import type { ControlStage, MusbState } from './musb-state.ts';

const CSR0 = CONTROL_REGISTERS.CSR0.offset;
const COUNT0 = CONTROL_REGISTERS.COUNT0.offset;
/** Bytes of a packet (MUSB_EP0_FIFOSIZE). */
const SIZE = 64;

/** Stages in which a halt uses the current CSR0. In the status stages it uses the value that is still to be written. */
const HALTS_AT_ONCE: readonly ControlStage[] = ['tx', 'ack wait', 'rx'];
const HALTS_LATE: readonly ControlStage[] = ['status in', 'status out'];

/** Endpoint 0 (musb_gadget_ep0.c). It has at most one request. */
export class ControlEndpointDriver extends BoardEndpoint {
  readonly #musb: MusbState;
  readonly #setup = new Uint8Array(8);

  constructor(musb: MusbState) {
    super(controlEndpoint('ep0', SIZE));
    this.#musb = musb;
  }

  protected override admit(request: UsbRequest): void {
    const { controlStage: stage } = this.#musb;
    if (this.requests.size > 0) throw this.error('EBUSY', 'queue', 'it has a request, and takes no second one.');
    if (stage !== 'rx' && stage !== 'tx' && stage !== 'ack wait')
      throw this.error('EINVAL', 'queue', 'no control request waits for an answer.');
    if (stage === 'ack wait' && request.length > 0)
      throw this.error('EINVAL', 'queue', 'the control request has no data.');
  }

  protected override take(request: UsbRequest): void {
    const musb = this.#musb;
    this.requests.push(request);
    musb.select(0);
    if (musb.controlStage === 'tx') this.#send(true);
    else if (musb.controlStage === 'ack wait') {
      musb.controlStage = 'status in';
      this.#write(musb.pendingAck | Csr0.DATAEND);
      musb.pendingAck = 0;
      this.#giveBackLater();
    } else if (musb.pendingAck !== 0) {
      this.#write(musb.pendingAck);
      musb.pendingAck = 0;
    }
  }

  override dequeue(): void {
    throw this.error('EINVAL', 'dequeue', 'requests of endpoint 0 cannot be cancelled on this controller.');
  }

  protected override halt(halted: boolean): void {
    const musb = this.#musb;
    if (!halted) throw this.error('EINVAL', 'clear halt of', 'the next SETUP packet does that.');
    if (this.requests.size > 0) throw this.error('EBUSY', 'set halt of', 'it has a request.');
    const stage = musb.controlStage;
    musb.select(0);
    let csr = musb.pendingAck;
    if (HALTS_AT_ONCE.includes(stage)) csr = this.#read();
    else if (!HALTS_LATE.includes(stage))
      throw this.error('EINVAL', 'set halt of', 'no control request waits for an answer.');
    this.#write(csr | Csr0.SENDSTALL);
    musb.controlStage = 'idle';
    musb.pendingAck = 0;
  }

  /** Handles an interrupt of endpoint 0 (musb_g_ep0_irq). */
  interrupt(): void {
    const musb = this.#musb;
    musb.select(0);
    let csr = this.#read();
    const count = musb.registers.read8(musb.endpointBase(0) + COUNT0);
    // The status stage is not over, so the gadget is not told yet.
    if ((csr & Csr0.DATAEND) !== 0) return;
    if ((csr & Csr0.SENTSTALL) !== 0) {
      this.#write(csr & ~Csr0.SENTSTALL);
      musb.controlStage = 'idle';
      csr = this.#read();
    }
    if ((csr & Csr0.SETUPEND) !== 0) {
      this.#write(Csr0.SVDSETUPEND);
      if (musb.controlStage === 'tx') musb.controlStage = 'status out';
      else if (musb.controlStage === 'rx') musb.controlStage = 'status in';
      csr = this.#read();
    }
    switch (musb.controlStage) {
      case 'tx':
        if ((csr & Csr0.TXPKTRDY) === 0) this.#send(false);
        break;
      case 'rx':
        if ((csr & Csr0.RXPKTRDY) !== 0) this.#receive();
        break;
      case 'status in':
      case 'status out':
        this.#statusDone();
        if ((csr & Csr0.RXPKTRDY) !== 0) this.#setupArrived(count);
        else musb.controlStage = 'idle';
        break;
      case 'idle':
      case 'setup':
        musb.controlStage = 'setup';
        if ((csr & Csr0.RXPKTRDY) !== 0) this.#setupArrived(count);
        break;
      case 'ack wait':
        break;
    }
  }

  #statusDone(): void {
    const musb = this.#musb;
    if (musb.controlStage === 'status in') {
      if (musb.setsAddress) {
        musb.setsAddress = false;
        musb.registers.write8(COMMON_REGISTERS.FADDR.offset, musb.address);
      } else if (musb.testMode) musb.registers.write8(COMMON_REGISTERS.TESTMODE.offset, musb.testModeNumber);
    }
    this.finish(0);
  }

  #setupArrived(count: number): void {
    const musb = this.#musb;
    if (count !== 8) {
      musb.event('setup ignored', { length: count });
      return;
    }
    const setup = this.#readSetup();
    if (musb.speed === undefined) {
      const power = musb.registers.read8(COMMON_REGISTERS.POWER.offset);
      musb.speed = (power & Power.HSMODE) !== 0 ? 'high' : 'full';
      musb.event('reset interrupt lost', { speed: musb.speed });
    }
    if (!this.#serve(setup)) this.#forward(setup);
  }

  /** @returns false if the gadget has to answer */
  #serve(setup: SetupPacket): boolean {
    const musb = this.#musb;
    if (musb.controlStage === 'ack wait') {
      const outcome = serveWithoutData(musb, setup);
      musb.pendingAck |= Csr0.DATAEND;
      if (outcome === 'refused') this.#stall();
      else if (outcome === 'done') {
        musb.controlStage = 'status in';
        this.#acknowledge();
      }
      return outcome !== 'for the gadget';
    }
    if (musb.controlStage !== 'tx') return false;
    const outcome = answerIn(musb, setup);
    if (outcome === 'refused') this.#stall();
    else if (typeof outcome !== 'string') {
      musb.registers.writeRepeatedly(musb.fifo(0), outcome, 0, outcome.length);
      musb.pendingAck = Csr0.TXPKTRDY | Csr0.DATAEND;
      musb.controlStage = 'status out';
      this.#acknowledge();
    }
    return outcome !== 'for the gadget';
  }

  #forward(setup: SetupPacket): void {
    const musb = this.#musb;
    try {
      if (musb.driver === undefined) throw this.error('EOPNOTSUPP', 'setup', 'no gadget is bound.');
      musb.driver.setup(setup);
    } catch (refusal) {
      if (!isKernelError(refusal)) throw refusal;
      musb.select(0);
      this.#stall();
    }
  }

  #stall(): void {
    this.#musb.pendingAck |= Csr0.SENDSTALL;
    this.#musb.controlStage = 'idle';
    this.#acknowledge();
  }

  #acknowledge(): void {
    this.#write(this.#musb.pendingAck);
    this.#musb.pendingAck = 0;
  }

  /** Reads a SETUP packet and decides how to acknowledge it (musb_read_setup). */
  #readSetup(): SetupPacket {
    const musb = this.#musb;
    musb.registers.readRepeatedly(musb.fifo(0), this.#setup, 0, 8);
    const setup = decodeSetup(this.#setup);
    // The driver cannot tell whether the request of the previous transfer failed, so it completes it as a success.
    this.finish(0);
    musb.setsAddress = false;
    musb.pendingAck = Csr0.SVDRXPKTRDY;
    const toHost = (setup.requestType & USB_DIR_IN) !== 0;
    if (setup.length === 0) {
      if (toHost) musb.pendingAck |= Csr0.TXPKTRDY;
      musb.controlStage = 'ack wait';
    } else if (toHost) {
      musb.controlStage = 'tx';
      this.#write(Csr0.SVDRXPKTRDY);
      musb.pendingAck = 0;
    } else musb.controlStage = 'rx';
    return setup;
  }

  /** Loads the next packet to the host (ep0_txstate). The request completes when its last packet is loaded. */
  #send(queueing: boolean): void {
    const musb = this.#musb;
    const request = this.requests.first;
    if (request === undefined) return;
    const count = Math.min(SIZE, request.length - request.actual);
    if (count > 0) musb.registers.writeRepeatedly(musb.fifo(0), request.buffer!, request.actual, count);
    request.actual += count;
    let csr = Csr0.TXPKTRDY;
    const last = count < SIZE || (request.actual === request.length && !request.zero);
    if (last) {
      musb.controlStage = 'status out';
      csr |= Csr0.DATAEND;
    }
    this.#finishStage(csr, last, queueing);
  }

  /** Takes a packet from the host (ep0_rxstate). */
  #receive(): void {
    const musb = this.#musb;
    const request = this.requests.first;
    if (request === undefined) {
      this.#write(Csr0.SVDRXPKTRDY | Csr0.SENDSTALL);
      return;
    }
    const room = request.length - request.actual;
    let count = musb.registers.read8(musb.endpointBase(0) + COUNT0);
    if (count > room) {
      request.status = -Errno.EOVERFLOW;
      count = room;
    }
    if (count > 0) musb.registers.readRepeatedly(musb.fifo(0), request.buffer!, request.actual, count);
    request.actual += count;
    let csr = Csr0.SVDRXPKTRDY;
    const last = count < SIZE || request.actual === request.length;
    if (last) {
      musb.controlStage = 'status in';
      csr |= Csr0.DATAEND;
    }
    this.#finishStage(csr, last, false);
  }

  /** Writes CSR0 unless the completion chose to stall and has written it already. */
  #finishStage(csr: number, last: boolean, queueing: boolean): void {
    const musb = this.#musb;
    if (last && queueing) this.#giveBackLater();
    else if (last) {
      musb.pendingAck = csr;
      this.finish(0);
      if (musb.pendingAck === 0) return;
      musb.pendingAck = 0;
    }
    musb.select(0);
    this.#write(csr);
  }

  /** Completes the request later. The kernel completes it inside the call that queued it, which is not allowed here. */
  #giveBackLater(): void {
    const request = this.requests.shift();
    if (request !== undefined) this.#musb.clock.defer(() => this.giveBack(request, 0));
  }

  #read(): number {
    return this.#musb.registers.read16(this.#musb.endpointBase(0) + CSR0);
  }

  #write(csr: number): void {
    this.#musb.registers.write16(this.#musb.endpointBase(0) + CSR0, csr);
  }
}
