import type { Resolver } from '@gadgetloom/core';
import { USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { encodeDescriptors, type FunctionDescriptors } from '../descriptor-blob.ts';
import type { EndpointFile } from '../endpoint-file.ts';
import type { FunctionDescriptor } from '../function-descriptor.ts';
import { FUNCTION_FS } from '../functionfs.ts';
import { encodeStrings } from '../strings-blob.ts';

const ADDRESSES = [0x81, 0x02, 0x83, 0x04];

/** Options of the four endpoints. */
export interface LoopbackOptions {
  /** bmAttributes; bulk unless given. */
  readonly attributes?: number;
  /** bInterval. */
  readonly interval?: number;
  /** Whether the configuration may wake the host. */
  readonly remoteWakeup?: boolean;
}

/** Descriptors of four endpoints, bulk unless given: ep1 IN, ep2 OUT, ep3 IN, ep4 OUT. */
export function loopbackDescriptors(options: LoopbackOptions = {}): FunctionDescriptors {
  return {
    full: descriptors(64, options),
    high: descriptors(512, options),
    super: descriptors(1024, options, true),
  };
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

/**
 * A gadget with four bulk endpoints (ep1 IN, ep2 OUT, ep3 IN, ep4 OUT), bound and configured by the host.
 *
 * @param host where the device turns up, such as the virtual host among the pieces
 */
export async function openLoopback<Device>(
  pieces: Resolver,
  host: { waitForDevice(): Promise<Device> },
  options: LoopbackOptions = {},
) {
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
  await ep0.write(encodeDescriptors(loopbackDescriptors(options)));
  await ep0.write(encodeStrings([{ language: 0x409, strings: ['loopback'] }]));
  const files: EndpointFile[] = [];
  for (let n = 1; n <= ADDRESSES.length; n++) files.push(await mount.openEndpoint(`ep${n}`));
  await gadget.bind();
  const device = await host.waitForDevice();
  const [ep1, ep2, ep3, ep4] = files as [EndpointFile, EndpointFile, EndpointFile, EndpointFile];
  return { controller, gadget, mount, ep0, ep1, ep2, ep3, ep4, device };
}
