import { Errno, isKernelError } from '@gadgetloom/core';
import { type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import { type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import type { ControlRequests } from './control-requests.ts';
import type { MockEndpoint } from './mock-endpoint.ts';
import type { MockLink } from './mock-link.ts';

/**
 * Endpoint 0 as the host sees it: setup, data and status stage. Like dummy_hcd it has no separate status stage: a
 * control transfer without data ends with the gadget's empty request, and one with data ends with the data.
 */
export class ControlPipe {
  readonly #link: MockLink;
  readonly #endpoint: MockEndpoint;
  readonly #requests: ControlRequests;
  #stage: 'idle' | 'data in' | 'data out' | 'status' | 'done' = 'idle';
  /** Answer of the controller itself to GET_STATUS. */
  #answer: Uint8Array | undefined;

  constructor(link: MockLink, endpoint: MockEndpoint, requests: ControlRequests) {
    this.#link = link;
    this.#endpoint = endpoint;
    this.#requests = requests;
  }

  setup(packet: SetupPacket): Handshake {
    // Requests that are still queued belong to a control transfer that the host gave up.
    this.#endpoint.nuke(-Errno.EOVERFLOW);
    this.#endpoint.halted = false;
    this.#answer = undefined;
    const toHost = (packet.requestType & USB_DIR_IN) !== 0;
    this.#stage = packet.length === 0 ? 'status' : toHost ? 'data in' : 'data out';
    const outcome = this.#requests.answer(packet);
    if (outcome === 'refused') return this.#stall();
    if (outcome === 'for the gadget') return this.#ask(packet);
    if (typeof outcome !== 'string') this.#answer = outcome;
    else this.#stage = 'done';
    return Handshake.ACK;
  }

  in(transfer: BusTransfer, budget: number): Handshake {
    if (this.#endpoint.halted) return Handshake.STALL;
    if (this.#stage === 'data in') return this.#data(transfer, budget, true);
    if (this.#stage === 'status') return this.#data(transfer, budget, false);
    return this.#stage === 'done' ? Handshake.ACK : Handshake.STALL;
  }

  out(transfer: BusTransfer, budget: number): Handshake {
    if (this.#endpoint.halted) return Handshake.STALL;
    if (this.#stage === 'data out') return this.#data(transfer, budget, false);
    // A host may end the data stage early by starting the status stage.
    return this.#stage === 'done' || this.#stage === 'data in' ? Handshake.ACK : Handshake.STALL;
  }

  #ask(packet: SetupPacket): Handshake {
    try {
      this.#link.driver?.setup(packet);
    } catch (refusal) {
      if (!isKernelError(refusal)) throw refusal;
      return this.#stall();
    }
    return Handshake.ACK;
  }

  #data(transfer: BusTransfer, budget: number, toHost: boolean): Handshake {
    const answer = this.#answer;
    const outcome = answer
      ? giveAnswer(answer, transfer)
      : this.#endpoint.serve(transfer, Math.max(budget, this.#endpoint.maxPacket), toHost);
    if (outcome !== Handshake.NAK && outcome !== Handshake.MORE) this.#stage = 'done';
    return outcome;
  }

  #stall(): Handshake {
    this.#stage = 'idle';
    return Handshake.STALL;
  }
}

function giveAnswer(answer: Uint8Array, transfer: BusTransfer): Handshake {
  const length = Math.min(answer.length, transfer.length);
  transfer.data.set(answer.subarray(0, length));
  transfer.actual = length;
  return length === transfer.length ? Handshake.ACK : Handshake.SHORT;
}
