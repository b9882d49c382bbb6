import type { UsbDevice } from '@gadgetloom/virtual-host';

const GET_DESCRIPTOR = 6;
const ENGLISH = 0x409;

/** Both bulk endpoints and the notification endpoint of a serial function, by number; 0 if there is none. */
interface Endpoints {
  readonly bulkIn: number;
  readonly bulkOut: number;
  readonly notify: number;
}

/** The host's end of a serial function, whose interfaces it has claimed. */
export class SerialHost {
  readonly device: UsbDevice;
  readonly #endpoints: Endpoints;

  private constructor(device: UsbDevice, endpoints: Endpoints) {
    this.device = device;
    this.#endpoints = endpoints;
  }

  static async of(device: UsbDevice): Promise<SerialHost> {
    if (!device.opened) await device.open();
    if (device.configuration === null) await device.selectConfiguration(1);
    const interfaces = device.configuration?.interfaces ?? [];
    for (const { interfaceNumber } of interfaces) await device.claimInterface(interfaceNumber);
    const endpoints = interfaces.flatMap(({ alternate }) => alternate.endpoints);
    const number = (type: string, direction: string): number =>
      endpoints.find((one) => one.type === type && one.direction === direction)?.endpointNumber ?? 0;
    return new SerialHost(device, {
      bulkIn: number('bulk', 'in'),
      bulkOut: number('bulk', 'out'),
      notify: number('interrupt', 'in'),
    });
  }

  /** SET_CONFIGURATION once more. */
  async configureAgain(): Promise<void> {
    await this.device.selectConfiguration(1);
    for (const { interfaceNumber } of this.device.configuration?.interfaces ?? [])
      await this.device.claimInterface(interfaceNumber);
  }

  /** Bytes of a descriptor; `'stall'` if there is none. */
  async descriptor(type: number, index = 0, language = type === 3 && index > 0 ? ENGLISH : 0): Promise<string> {
    const value = (type << 8) | index;
    const setup = {
      requestType: 'standard',
      recipient: 'device',
      request: GET_DESCRIPTOR,
      value,
      index: language,
    } as const;
    const { status, data } = await this.device.controlTransferIn(setup, 512);
    return status === 'ok' ? hex(data) : (status ?? '');
  }

  /** A class request to an interface without or with data: its status. */
  async set(request: number, value: number, data?: number[], index = 0): Promise<string> {
    const setup = { requestType: 'class', recipient: 'interface', request, value, index } as const;
    const bytes = data && Uint8Array.from(data);
    return (await this.device.controlTransferOut(setup, bytes)).status ?? '';
  }

  /** A class request to an interface for data: the bytes, or the status. */
  async get(request: number, length: number, index = 0): Promise<string> {
    const setup = { requestType: 'class', recipient: 'interface', request, value: 0, index } as const;
    const { status, data } = await this.device.controlTransferIn(setup, length);
    return status === 'ok' ? hex(data) : (status ?? '');
  }

  /** Bytes of the next notification. */
  async notification(): Promise<string> {
    return hex((await this.device.transferIn(this.#endpoints.notify, 10)).data);
  }

  async send(bytes: Uint8Array): Promise<string> {
    return (await this.device.transferOut(this.#endpoints.bulkOut, bytes.slice())).status ?? '';
  }

  async receive(length: number): Promise<Uint8Array> {
    const { data } = await this.device.transferIn(this.#endpoints.bulkIn, length);
    return data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(0);
  }
}

function hex(data: DataView | null | undefined): string {
  if (!data) return '';
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
