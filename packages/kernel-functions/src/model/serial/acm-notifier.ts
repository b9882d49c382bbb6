import { Errno, isKernelError } from '@gadgetloom/core';
import { type GadgetEndpoint, UsbRequest } from '@gadgetloom/udc';
import { encodeSerialState, SERIAL_STATE_SIZE } from '@gadgetloom/usb-classes/cdc-acm';

/**
 * Sends SERIAL_STATE notifications, one at a time: what changes while one is under way is told in the next.
 * Source: f_acm.c, acm_notify_serial_state and acm_cdc_notify_complete.
 */
export class AcmNotifier {
  readonly #endpoint: GadgetEndpoint;
  readonly #interfaceNumber: number;
  readonly #state: () => number;
  readonly #request = new UsbRequest();
  #busy = false;
  #pending = false;

  /** @param state the bits to tell when a notification is sent */
  constructor(endpoint: GadgetEndpoint, interfaceNumber: number, state: () => number) {
    this.#endpoint = endpoint;
    this.#interfaceNumber = interfaceNumber;
    this.#state = state;
    this.#request.complete = (_, { status }) => {
      this.#busy = false;
      if (status !== -Errno.ESHUTDOWN && this.#pending) this.notify();
    };
  }

  /** Tells the host the state, now or once the notification before is over. */
  notify(): void {
    this.#pending = this.#busy;
    if (this.#busy) return;
    this.#request.buffer = encodeSerialState({ interfaceNumber: this.#interfaceNumber, state: this.#state() });
    this.#request.length = SERIAL_STATE_SIZE;
    this.#busy = true;
    try {
      this.#endpoint.queue(this.#request);
    } catch (refusal) {
      this.#busy = false;
      if (!isKernelError(refusal)) throw refusal;
    }
  }
}
