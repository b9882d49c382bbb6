import { RequestType, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import { AcmRequest } from './acm-numbers.ts';
import { LINE_CODING_SIZE } from './line-coding.ts';

/** What a serial port does with a control request. */
export type AcmDecision =
  /** Answers with these bytes. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Takes `length` bytes; then {@link AcmControl.receive} decides. */
  | { readonly kind: 'receive'; readonly length: number }
  /** Accepts a request without data. */
  | { readonly kind: 'accept' }
  /** Stalls. */
  | { readonly kind: 'refuse' };

/** Is told what a host does with the line. */
export interface AcmListener {
  /** The host has set the line coding. */
  lineCoding?(bytes: Uint8Array): void;
  /** The host has set the control lines: bit 0 is DTR, bit 1 is RTS. */
  controlLines?(bits: number): void;
  /** The host sends a break of so many milliseconds; 0 ends it, and 0xffff lasts until then. */
  sendBreak?(duration: number): void;
}

/** What differs between serial ports. */
export interface AcmControlOptions {
  /** The line coding before a host sets one, 7 bytes. Zeros by default. */
  readonly lineCoding?: Uint8Array;
  /** SEND_BREAK takes effect and is refused nevertheless, as Linux has it (f_acm.c, acm_setup). */
  readonly refusesBreak?: boolean;
}

const REFUSE: AcmDecision = { kind: 'refuse' };
const ACCEPT: AcmDecision = { kind: 'accept' };
const TO_DEVICE = RequestType.CLASS | RequestType.INTERFACE;
const TO_HOST = TO_DEVICE | USB_DIR_IN;

/**
 * The control requests of a serial port (PSTN 1.2, section 6.3). It remembers what the host sets, and tells a listener.
 * It does no I/O: the caller moves the bytes.
 */
export class AcmControl {
  readonly #listener: AcmListener;
  readonly #refusesBreak: boolean;
  #lineCoding: Uint8Array;
  #lines = 0;

  constructor(listener: AcmListener, { lineCoding, refusesBreak = false }: AcmControlOptions = {}) {
    this.#listener = listener;
    this.#refusesBreak = refusesBreak;
    this.#lineCoding = lineCoding?.slice() ?? new Uint8Array(LINE_CODING_SIZE);
  }

  /** The line coding as the host sent it, 7 bytes. */
  get lineCoding(): Uint8Array {
    return this.#lineCoding.slice();
  }

  /** The control lines: bit 0 is DTR, bit 1 is RTS. Other bits are kept as the host sent them. */
  get controlLines(): number {
    return this.#lines;
  }

  /**
   * Decides on a request.
   *
   * @param controlInterface number of the control interface, with which wIndex must agree
   */
  setup({ requestType, request, value, index, length }: SetupPacket, controlInterface: number): AcmDecision {
    if (index !== controlInterface) return REFUSE;
    if (requestType === TO_HOST && request === AcmRequest.GET_LINE_CODING)
      return { kind: 'send', bytes: this.#lineCoding.slice(0, length) };
    if (requestType !== TO_DEVICE) return REFUSE;
    switch (request) {
      case AcmRequest.SET_LINE_CODING:
        return length === LINE_CODING_SIZE ? { kind: 'receive', length } : REFUSE;
      case AcmRequest.SET_CONTROL_LINE_STATE:
        this.#lines = value;
        this.#listener.controlLines?.(value);
        return ACCEPT;
      case AcmRequest.SEND_BREAK:
        this.#listener.sendBreak?.(value);
        return this.#refusesBreak ? REFUSE : ACCEPT;
      default:
        return REFUSE;
    }
  }

  /** Takes the data of SET_LINE_CODING. @returns false if they are too few: then the request is to be stalled */
  receive(bytes: Uint8Array): boolean {
    if (bytes.length !== LINE_CODING_SIZE) return false;
    this.#lineCoding = bytes.slice();
    this.#listener.lineCoding?.(this.lineCoding);
    return true;
  }
}
