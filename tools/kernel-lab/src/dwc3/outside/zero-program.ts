import type { UsbDevice } from '@gadgetloom/virtual-host';
import type { VirtualHost } from '@gadgetloom/virtual-host/model';
import { openWebUsb } from './web-usb-program.ts';

/** drivers/usb/gadget/function/g_zero.h and f_sourcesink.c: requests of the control test. */
const WRITE_BUFFER = 0x5b;
const READ_BUFFER = 0x5c;
/** Pattern 1 of f_sourcesink.c: each byte is its place in the packet, modulo this. */
const MODULUS = 63;
/** Setting with isochronous endpoints. */
const ISOCHRONOUS = 1;

/** A WebUSB program for the kernel's test functions SourceSink and Loopback. */
export class ZeroProgram {
  readonly #host: VirtualHost;

  constructor(host: VirtualHost) {
    this.#host = host;
  }

  /** Reads from the source, and checks its pattern. Gives the bytes that came. */
  async source(length: number): Promise<number> {
    const device = await this.#open(0);
    const { endpointNumber, packetSize } = endpointOf(device, 'bulk', 'in');
    const { data, status } = await device.transferIn(endpointNumber, length);
    expectPattern(data, packetSize);
    if (status !== 'ok') throw new Error(`the source answered ${status}`);
    return data?.byteLength ?? 0;
  }

  /** Writes to the sink, which halts on what is not the pattern. Gives the bytes that it took. */
  async sink(length: number): Promise<number> {
    const device = await this.#open(0);
    const { endpointNumber, packetSize } = endpointOf(device, 'bulk', 'out');
    const { bytesWritten, status } = await device.transferOut(endpointNumber, patternOf(length, packetSize));
    if (status !== 'ok') throw new Error(`the sink answered ${status}`);
    return bytesWritten;
  }

  /** Writes to the loopback function, and reads it back. */
  async loop(data: Uint8Array): Promise<Uint8Array> {
    const device = await this.#open(0);
    await device.transferOut(endpointOf(device, 'bulk', 'out').endpointNumber, data.slice());
    const back = await device.transferIn(endpointOf(device, 'bulk', 'in').endpointNumber, data.length);
    const view = back.data ?? new DataView(new ArrayBuffer(0));
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  }

  /** Keeps bytes in the function's control buffer and reads them back. */
  async control(data: Uint8Array): Promise<Uint8Array> {
    const device = await this.#open(0);
    const setup = { requestType: 'vendor', recipient: 'device', value: 0, index: 0 } as const;
    await device.controlTransferOut({ ...setup, request: WRITE_BUFFER }, data.slice());
    const back = await device.controlTransferIn({ ...setup, request: READ_BUFFER }, data.length);
    const view = back.data ?? new DataView(new ArrayBuffer(0));
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  }

  /** Receives isochronous packets. Gives how many came with data. */
  async receivePackets(count: number): Promise<number> {
    const device = await this.#open(ISOCHRONOUS);
    const { endpointNumber, packetSize } = endpointOf(device, 'isochronous', 'in');
    const { packets } = await device.isochronousTransferIn(endpointNumber, Array(count).fill(packetSize));
    for (const { data } of packets) expectPattern(data, packetSize);
    return packets.filter(({ data }) => (data?.byteLength ?? 0) > 0).length;
  }

  /** Sends isochronous packets. Gives how many were taken. */
  async sendPackets(count: number): Promise<number> {
    const device = await this.#open(ISOCHRONOUS);
    const { endpointNumber, packetSize } = endpointOf(device, 'isochronous', 'out');
    const data = patternOf(count * packetSize, packetSize);
    const { packets } = await device.isochronousTransferOut(endpointNumber, data, Array(count).fill(packetSize));
    return packets.filter(({ bytesWritten }) => bytesWritten > 0).length;
  }

  async #open(setting: number): Promise<UsbDevice> {
    const device = await openWebUsb(this.#host, 0);
    const { alternate } = device.configuration!.interfaces[0]!;
    if (alternate.alternateSetting !== setting) await device.selectAlternateInterface(0, setting);
    return device;
  }
}

function endpointOf(device: UsbDevice, type: string, direction: string) {
  const { endpoints } = device.configuration!.interfaces[0]!.alternate;
  const found = endpoints.find((each) => each.type === type && each.direction === direction);
  if (found === undefined) throw new Error(`There is no ${type} ${direction} endpoint.`);
  return found;
}

function patternOf(length: number, packet: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at % packet) % MODULUS);
}

function expectPattern(data: DataView | undefined, packet: number): void {
  for (let at = 0; at < (data?.byteLength ?? 0); at++) {
    const [byte, wanted] = [data!.getUint8(at), (at % packet) % MODULUS];
    if (byte !== wanted) throw new Error(`byte ${at} is ${byte} instead of ${wanted}`);
  }
}
