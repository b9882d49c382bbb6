import type { VirtualHost } from '@gadgetloom/virtual-host/model';
import { openWebUsb } from './web-usb-program.ts';

/** USB CDC PSTN subclass 1.2, 6.3 and 6.5.4. */
const SET_LINE_CODING = 0x20;
const GET_LINE_CODING = 0x21;
const SET_CONTROL_LINE_STATE = 0x22;
/** Carrier, and data set ready. */
const LINE_UP = 0x03;
const LINE_CODING_BYTES = 7;
const NOTIFICATION_BYTES = 10;
const CONTROL = 0;
const DATA = 1;

/** A WebUSB program that talks to a serial port, of the function `acm`. */
export class SerialProgram {
  readonly #host: VirtualHost;

  constructor(host: VirtualHost) {
    this.#host = host;
  }

  /** Sets the speed and 8N1, and reads the speed back. */
  async setSpeed(bitsPerSecond: number): Promise<number> {
    const device = await openWebUsb(this.#host, CONTROL);
    const coding = new DataView(new ArrayBuffer(LINE_CODING_BYTES));
    coding.setUint32(0, bitsPerSecond, true);
    coding.setUint8(6, 8);
    await device.controlTransferOut(classRequest(SET_LINE_CODING), coding);
    const { data } = await device.controlTransferIn(classRequest(GET_LINE_CODING), LINE_CODING_BYTES);
    return data?.getUint32(0, true) ?? 0;
  }

  /** Says that a terminal is there. */
  async raiseDtr(): Promise<void> {
    const device = await openWebUsb(this.#host, CONTROL);
    await device.controlTransferOut(classRequest(SET_CONTROL_LINE_STATE, 1));
  }

  /** Waits until the port says, on its interrupt endpoint, that somebody has opened it. */
  async lineUp(): Promise<void> {
    const device = await openWebUsb(this.#host, CONTROL);
    const endpoint = await this.#endpoint(CONTROL, 'in');
    for (let state = 0; (state & LINE_UP) !== LINE_UP; ) {
      const { data } = await device.transferIn(endpoint, NOTIFICATION_BYTES);
      state = data?.getUint16(8, true) ?? 0;
    }
  }

  async write(data: Uint8Array): Promise<void> {
    const device = await openWebUsb(this.#host, DATA);
    await device.transferOut(await this.#endpoint(DATA, 'out'), data.slice());
  }

  async read(length: number): Promise<Uint8Array> {
    const device = await openWebUsb(this.#host, DATA);
    const endpoint = await this.#endpoint(DATA, 'in');
    const all = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { data } = await device.transferIn(endpoint, 4096);
      if (!data) throw new Error('The port gave nothing.');
      all.set(new Uint8Array(data.buffer, data.byteOffset, Math.min(data.byteLength, length - at)), at);
      at += data.byteLength;
    }
    return all;
  }

  async #endpoint(interfaceNumber: number, direction: 'in' | 'out'): Promise<number> {
    const device = await openWebUsb(this.#host, interfaceNumber);
    const [found] =
      device.configuration?.interfaces[interfaceNumber]?.alternate.endpoints.filter(
        (endpoint) => endpoint.direction === direction,
      ) ?? [];
    if (found === undefined) throw new Error(`Interface ${interfaceNumber} has no ${direction} endpoint.`);
    return found.endpointNumber;
  }
}

function classRequest(request: number, value = 0) {
  return { requestType: 'class', recipient: 'interface', request, value, index: CONTROL } as const;
}
