import { Feature, Request, RequestType, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import type { MockLink } from './mock-link.ts';

const DEVICE = RequestType.STANDARD | RequestType.DEVICE;
const ENDPOINT = RequestType.STANDARD | RequestType.ENDPOINT;
const STATUS_RECIPIENTS: readonly number[] = [RequestType.DEVICE, RequestType.INTERFACE, RequestType.ENDPOINT];

/**
 * Maps a device feature to the bit of the device's status that it sets. The second table applies at super speed only.
 */
const deviceFeatures = new Map<number, number>([
  [Feature.REMOTE_WAKEUP, 1],
  [3, 3], // b_hnp_enable
  [4, 4], // a_hnp_support
  [5, 5], // a_alt_hnp_support
]);
const superSpeedFeatures = new Map<number, number>([
  [Feature.U1_ENABLE, 2],
  [Feature.U2_ENABLE, 3],
  [50, 4], // LTM_ENABLE
]);
const CLEARABLE: readonly number[] = [Feature.REMOTE_WAKEUP, Feature.U1_ENABLE, Feature.U2_ENABLE, 50];

/**
 * How the controller handled a control request: it did it (perhaps with an answer), refused it, or left it to the
 * gadget.
 */
export type ControlOutcome = Uint8Array | 'done' | 'refused' | 'for the gadget';

/**
 * Answers the standard requests that the gadget never sees: address, features and status (handle_control_request in
 * dummy_hcd.c).
 */
export class ControlRequests {
  /** Address from SET_ADDRESS. */
  address = 0;
  /** Answer to GET_STATUS of the device. */
  status = 0;
  readonly #link: MockLink;

  constructor(link: MockLink) {
    this.#link = link;
  }

  set selfPowered(on: boolean) {
    this.status = on ? this.status | 1 : this.status & ~1;
  }

  /** True if the host has enabled remote wakeup or HNP. */
  get mayWakeHost(): boolean {
    return (this.status & ((1 << 1) | (1 << 3))) !== 0;
  }

  answer(setup: SetupPacket): ControlOutcome {
    switch (setup.request) {
      case Request.SET_ADDRESS:
        if (setup.requestType !== DEVICE) break;
        this.address = setup.value;
        return 'done';
      case Request.SET_FEATURE:
        if (setup.requestType === DEVICE) return this.#deviceFeature(setup.value, true);
        if (setup.requestType === ENDPOINT) return this.#halt(setup.index, true);
        break;
      case Request.CLEAR_FEATURE:
        if (setup.requestType === DEVICE) return this.#deviceFeature(setup.value, false);
        if (setup.requestType === ENDPOINT) return this.#halt(setup.index, false);
        break;
      case Request.GET_STATUS:
        if (STATUS_RECIPIENTS.includes(setup.requestType & ~USB_DIR_IN) && setup.requestType & USB_DIR_IN)
          return this.#status(setup);
        break;
    }
    return 'for the gadget';
  }

  #deviceFeature(feature: number, on: boolean): ControlOutcome {
    const bit =
      deviceFeatures.get(feature) ?? (this.#link.speed === 'super' ? superSpeedFeatures.get(feature) : undefined);
    if (bit === undefined || (!on && !CLEARABLE.includes(feature))) return 'refused';
    this.status = on ? this.status | (1 << bit) : this.status & ~(1 << bit);
    return 'done';
  }

  #halt(address: number, halted: boolean): ControlOutcome {
    const endpoint = this.#link.find(address);
    if (endpoint === undefined || (halted && endpoint.order < 0)) return 'refused';
    endpoint.hostSetsHalt(halted);
    return 'done';
  }

  #status(setup: SetupPacket): ControlOutcome {
    const answer = new Uint8Array(Math.min(2, setup.length));
    if (answer.length === 0) return 'done';
    const recipient = setup.requestType & RequestType.RECIPIENT_MASK;
    if (recipient === RequestType.DEVICE) answer[0] = this.status;
    if (recipient === RequestType.ENDPOINT) {
      const endpoint = this.#link.find(setup.index);
      if (endpoint === undefined) return 'refused';
      answer[0] = endpoint.halted ? 1 : 0;
    }
    return answer;
  }
}
