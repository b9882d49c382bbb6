import { type Container, KernelError, type Plugin, type Resolver, type Token, tokenName } from '@gadgetloom/core';
import {
  type EndpointFile,
  encodeDescriptors,
  encodeStrings,
  FUNCTION_FS,
  type FunctionDescriptor,
} from '@gadgetloom/functionfs';
import { USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host';

const ADDRESSES = [0x81, 0x02, 0x83, 0x04];

/** The smallest container that can hold plugins: what a stack is composed in, without the checks. */
export class TinyContainer implements Container {
  readonly #factories = new Map<Token<unknown>, (resolver: Resolver) => unknown>();
  readonly #pieces = new Map<Token<unknown>, unknown>();

  constructor(...plugins: readonly Plugin[]) {
    for (const plugin of plugins) plugin.register(this);
  }

  register<T>(token: Token<T>, provider: { readonly useFactory: (resolver: Resolver) => T }): void {
    if (this.#factories.has(token)) throw new Error(`${tokenName(token)} is provided twice`);
    this.#factories.set(token, provider.useFactory);
  }

  isRegistered(token: Token<unknown>): boolean {
    return this.#factories.has(token);
  }

  resolve<T>(token: Token<T>): T {
    if (!this.#pieces.has(token)) {
      const factory = this.#factories.get(token);
      if (factory === undefined) throw new KernelError('ENOENT', `resolve ${tokenName(token)}`);
      this.#pieces.set(token, factory(this));
    }
    return this.#pieces.get(token) as T;
  }
}

/** What the four endpoints are. */
export interface LoopbackOptions {
  /** bmAttributes; bulk unless given. */
  readonly attributes?: number;
  /** bInterval. */
  readonly interval?: number;
  readonly remoteWakeup?: boolean;
}

function descriptors(
  maxPacketSize: number,
  { attributes = 2, interval = 0 }: LoopbackOptions,
  superSpeed = false,
): FunctionDescriptor[] {
  return [
    {
      type: 'interface',
      number: 0,
      alternate: 0,
      endpoints: ADDRESSES.length,
      class: 0xff,
      subClass: 0,
      protocol: 0,
      string: 1,
    },
    ...ADDRESSES.flatMap((address): FunctionDescriptor[] => [
      { type: 'endpoint', address, attributes, maxPacketSize, interval },
      ...(superSpeed ? [{ type: 'companion', maxBurst: 0, attributes: 0, bytesPerInterval: 0 } as const] : []),
    ]),
  ];
}

/** A gadget with four bulk endpoints (ep1 IN, ep2 OUT, ep3 IN, ep4 OUT), bound and configured by the host. */
export async function openLoopback(pieces: Resolver, options: LoopbackOptions = {}) {
  const { remoteWakeup = false } = options;
  const controller = pieces.resolve(USB_DEVICE_CONTROLLER);
  const gadget = await controller.createGadget({
    name: 'loopback',
    vendorId: 0x1d6b,
    productId: 0x0104,
    maxSpeed: 'super',
    configurations: [{ value: 1, remoteWakeup, functions: [{ type: 'ffs', instance: 'loopback' }] }],
  });
  const mount = await pieces.resolve(FUNCTION_FS).mount('loopback');
  const ep0 = await mount.openEp0();
  await ep0.write(
    encodeDescriptors({
      full: descriptors(64, options),
      high: descriptors(512, options),
      super: descriptors(1024, options, true),
    }),
  );
  await ep0.write(encodeStrings([{ language: 0x409, strings: ['loopback'] }]));
  const files: EndpointFile[] = [];
  for (let n = 1; n <= ADDRESSES.length; n++) files.push(await mount.openEndpoint(`ep${n}`));
  await gadget.bind();
  const device = await pieces.resolve(VIRTUAL_HOST).waitForDevice();
  const [ep1, ep2, ep3, ep4] = files as [EndpointFile, EndpointFile, EndpointFile, EndpointFile];
  return { controller, gadget, mount, ep0, ep1, ep2, ep3, ep4, device };
}
