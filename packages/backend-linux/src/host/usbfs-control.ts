import { type Clock, Errno, SECOND, type Timer } from '@gadgetloom/core';
import { type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import type { PendingControl } from '@gadgetloom/virtual-host';
import { URB_TYPE, type Urb } from './urb.ts';
import type { UsbfsFile } from './usbfs-file.ts';

const SETUP_SIZE = 8;

/** How long a host waits for a standard request, in nanoseconds (USB_CTRL_GET_TIMEOUT). */
const TIMEOUT = 5 * SECOND;

/** Control transfers on the default pipe of a usbfs device. Several may be under way. */
export class UsbfsControl {
  readonly #file: UsbfsFile;
  readonly #clock: Clock;

  constructor(file: UsbfsFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /**
   * Starts a transfer.
   *
   * @param data `setup.length` bytes to send, or room for the answer
   * @param timeout in nanoseconds; 0 for none
   */
  start(setup: SetupPacket, data: Uint8Array = new Uint8Array(), timeout: number = TIMEOUT): PendingControl {
    let settle: (result: number) => void = () => {};
    const done = new Promise<number>((resolve) => {
      settle = resolve;
    });
    const urb = new ControlUrb(setup, data, settle);
    if (timeout > 0) urb.timer = this.#clock.setTimer(timeout, () => this.#file.cancel(urb, -Errno.ETIMEDOUT));
    this.#file.submit(urb);
    return { done, cancel: () => this.#file.cancel(urb, -Errno.ECONNRESET) };
  }

  /** Makes a whole transfer. Resolves with the bytes of the data stage or a negative errno. */
  message(setup: SetupPacket, data?: Uint8Array): Promise<number> {
    return this.start(setup, data).done;
  }
}

class ControlUrb implements Urb {
  readonly type = URB_TYPE.control;
  readonly endpoint = 0;
  readonly flags = 0;
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly into: Uint8Array | undefined;
  readonly offset = SETUP_SIZE;
  slot = -1;
  unlinked = 0;
  timer: Timer | undefined = undefined;
  readonly #settle: (result: number) => void;

  constructor(setup: SetupPacket, data: Uint8Array, settle: (result: number) => void) {
    const reads = (setup.requestType & USB_DIR_IN) !== 0;
    const sent = reads ? 0 : Math.min(data.length, setup.length);
    this.length = SETUP_SIZE + setup.length;
    this.bytes = new Uint8Array(SETUP_SIZE + sent);
    const view = new DataView(this.bytes.buffer);
    view.setUint8(0, setup.requestType);
    view.setUint8(1, setup.request);
    view.setUint16(2, setup.value, true);
    view.setUint16(4, setup.index, true);
    view.setUint16(6, setup.length, true);
    this.bytes.set(data.subarray(0, sent), SETUP_SIZE);
    this.into = reads ? data : undefined;
    this.#settle = settle;
  }

  ended(status: number, actual: number): void {
    this.timer?.cancel();
    this.#settle(status < 0 ? status : actual);
  }
}
