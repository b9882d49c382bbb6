import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { MILLISECOND } from '@gadgetloom/core';
import { composeStack, defineGadget, type Stack } from '@gadgetloom/gadget';
import { type ConnectedDevice, HostTransfer } from '@gadgetloom/virtual-host';
import { type Usbtmc, type UsbtmcOptions, usbtmc } from '../src/index.ts';
import { paddedSize, writeHeader } from '../src/protocol/messages.ts';

/** The backends that an instrument runs on, with scatter-gather and without. */
export const BACKENDS = {
  mock: () => mock(),
  'mock at super speed': () => mock({ speed: 'super' }),
  'mock without scatter-gather': () => mock({ scatterGather: false }),
  dwc3: () => dwc3(),
  musb: () => musb(),
} as const;

const PATIENCE = 200 * MILLISECOND;
const EPIPE = -32;

/** A response, or a part of one. */
export interface Received {
  readonly tag: number;
  readonly data: Uint8Array;
  readonly attributes: number;
}

/** A host that speaks USBTMC, well or badly. */
export class UsbtmcHost {
  readonly device: ConnectedDevice;
  readonly #in: number;
  readonly #out: number;
  readonly #notifications: number;
  tag = 0;

  constructor(device: ConnectedDevice, stack: Stack) {
    this.device = device;
    const address = (name: string): number => stack.endpoint(`scope.${name}`).address!;
    [this.#in, this.#out, this.#notifications] = [address('in'), address('out'), address('notifications')];
  }

  /** Bytes of a packet of the bulk endpoints. */
  get packetSize(): number {
    return this.device.pipe(this.#out).maxPacketSize;
  }

  /** Moves raw bytes. @returns bytes that moved, or a negative errno */
  move(address: number, data: Uint8Array, timeout = PATIENCE): Promise<number> {
    return new Promise((resolve) => {
      const transfer = new HostTransfer(data, ({ status, actual }) => resolve(status < 0 ? status : actual));
      this.device.pipe(address).submit(transfer, timeout);
    });
  }

  rawOut(data: Uint8Array, timeout?: number): Promise<number> {
    return this.move(this.#out, data, timeout);
  }

  rawIn(data: Uint8Array, timeout?: number): Promise<number> {
    return this.move(this.#in, data, timeout);
  }

  nextTag(): number {
    this.tag = (this.tag % 255) + 1;
    return this.tag;
  }

  /** Sends a message with a header, whose fields may lie. */
  message(id: number, payload: Uint8Array, fields: { size?: number; attributes?: number; termChar?: number } = {}) {
    const { size = payload.length, attributes = 1, termChar = 0 } = fields;
    const bytes = new Uint8Array(paddedSize(payload.length));
    writeHeader(bytes, { id, tag: this.nextTag(), size, attributes, termChar });
    bytes.set(payload, 12);
    return this.rawOut(bytes);
  }

  write(text: string, attributes = 1): Promise<number> {
    return this.message(1, new TextEncoder().encode(text), { attributes });
  }

  request(size: number, id = 2, termChar?: number): Promise<number> {
    return this.message(id, new Uint8Array(0), {
      size,
      attributes: termChar === undefined ? 0 : 2,
      termChar: termChar ?? 0,
    });
  }

  /** Fetches a transfer that was requested. @throws Error it did not come, or is wrong */
  async fetch(size: number, id = 2): Promise<Received> {
    const bytes = new Uint8Array(Math.ceil((size + 12 + 1) / 1024) * 1024 + 1024);
    const actual = await this.rawIn(bytes);
    if (actual < 12) throw new Error(`no response: ${actual}`);
    const length = new DataView(bytes.buffer).getUint32(4, true);
    if (bytes[0] !== id || bytes[1] !== this.tag || bytes[2] !== (~this.tag & 0xff)) throw new Error('wrong header');
    if (actual !== paddedSize(length)) throw new Error(`${actual} bytes for a message of ${length}`);
    return { tag: this.tag, data: bytes.slice(12, 12 + length), attributes: bytes[8]! };
  }

  /** Reads a response in transfers of `size` bytes. */
  async read(size = 4096): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (;;) {
      await this.request(size);
      const { data, attributes } = await this.fetch(size);
      parts.push(data);
      if ((attributes & 1) !== 0) return Uint8Array.from(parts.flatMap((part) => [...part]));
    }
  }

  async query(text: string, size?: number): Promise<string> {
    await this.write(text);
    return new TextDecoder().decode(await this.read(size)).trimEnd();
  }

  /** A class request. @returns its answer, or a negative errno */
  async control(request: number, value: number, length: number, recipient: 'in' | 'out' | 'interface' = 'interface') {
    const index = { in: this.#in, out: this.#out, interface: 0 }[recipient];
    const data = new Uint8Array(length);
    const requestType = recipient === 'interface' ? 0xa1 : 0xa2;
    const pending = await this.device.startControl({ requestType, request, value, index, length }, data);
    const done = await pending.done;
    return done < 0 ? [done] : [...data.subarray(0, done)];
  }

  /** The next notification, or nothing. */
  async notification(timeout = PATIENCE): Promise<readonly number[] | undefined> {
    const bytes = new Uint8Array(8);
    const actual = await this.move(this.#notifications, bytes, timeout);
    return actual < 0 ? undefined : [...bytes.subarray(0, actual)];
  }

  /** INITIATE_CLEAR, as usbtmc.c does it. */
  async clear(): Promise<void> {
    const [status] = await this.control(5, 0, 1);
    if (status !== 1) throw new Error(`INITIATE_CLEAR: ${status}`);
    while ((await this.control(6, 0, 2))[0] === 2);
    await this.clearHalts();
  }

  async clearHalts(): Promise<void> {
    await this.device.clearHalt(this.#out);
    await this.device.clearHalt(this.#in);
  }

  /** True if the OUT endpoint refuses what comes. A controller may still take a packet or two. */
  async halted(): Promise<boolean> {
    for (let tries = 0; tries < 5; tries++) if ((await this.rawOut(Uint8Array.of(0))) === EPIPE) return true;
    return false;
  }
}

/** An instrument and its host. */
export async function scopeRig(backend: keyof typeof BACKENDS = 'mock', options: UsbtmcOptions = {}) {
  const errors: unknown[] = [];
  const activity: string[] = [];
  const gadget = defineGadget({
    vendorId: 0x1d6b,
    productId: 0x0104,
    functions: { scope: usbtmc({ identity: 'ACME,Scope,0042,1.0', ...options }) },
  });
  const stack = await composeStack({
    gadget,
    backends: [BACKENDS[backend]()],
    onError: (error) => void errors.push(error),
  });
  stack.onActivity(({ text }: { text: string }) => void activity.push(text));
  const scope: Usbtmc = stack.function('scope');
  const device = await stack.hostDevice();
  await stack.enabled();
  const host = new UsbtmcHost(device, stack);
  return { stack, scope, device, host, errors, activity, [Symbol.asyncDispose]: () => stack.close() };
}
