import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { isKernelError } from '@gadgetloom/core';
import { bulk, composeStack, defineGadget, describeGadget, interrupt } from '@gadgetloom/gadget';
import { DescriptorType, Request } from '@gadgetloom/udc';
import { type HostDevice, VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { describedController } from './described-backend.ts';

const everything = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  product: 'Everything',
  remoteWakeup: true,
  webUsb: { landingPage: 'https://example.com' },
  functions: {
    pair: {
      association: { description: 'pair' },
      interfaces: {
        keys: { hid: { reportLength: 63 }, endpoints: { keys: interrupt.in({ packetSize: 8 }) } },
        raw: {
          endpoints: { samples: bulk.in(), commands: bulk.out() },
          microsoftOs: { compatibleId: 'WINUSB', properties: { Label: 'raw' } },
        },
      },
    },
    update: { protocol: 2, dfu: { transferSize: 4096 } },
  },
});

const speeds = ['full', 'high', 'super'] as const;
const backends = speeds.flatMap((speed) => [
  [speed, 'mock', mock({ speed: 'super', host: { maxSpeed: speed } })] as const,
  [speed, 'dwc3', dwc3({ speed: 'super', host: { maxSpeed: speed } })] as const,
  ...(speed === 'super' ? [] : [[speed, 'musb', musb({ speed: 'high', host: { maxSpeed: speed } })] as const]),
]);

describe('the description for the controller of a backend', () => {
  it.each(backends)(
    'is what a host reads, at %s speed from %s',
    async (speed, _, backend) => {
      await using stack = await composeStack({ gadget: everything, backends: [backend] });
      const host = await stack.resolve(VIRTUAL_HOST).waitForDevice();
      expect(host.speed).toBe(speed);
      const whole = await describeGadget(everything, { controller: describedController(stack) });
      const description = whole.speeds.find((one) => one.speed === speed);
      expect(description?.bytes).toEqual(await allDescriptors(host));
      const page = { requestType: 0xc0, request: 0xce, value: 1, index: 2, length: 255 };
      expect(whole.webUsb?.bytes).toEqual(await host.controlIn(page));
      const ids = { requestType: 0xc0, request: 0xcd, value: 0, index: 4, length: 4096 };
      expect(whole.microsoftOs?.bytes[1]).toEqual(await host.controlIn(ids));
    },
    20_000,
  );
});

/** Every descriptor that the device answers with, in the order of the description. */
async function allDescriptors(host: HostDevice): Promise<Uint8Array[]> {
  const { DEVICE, DEVICE_QUALIFIER, CONFIG, OTHER_SPEED_CONFIG, BOS } = DescriptorType;
  const found: Uint8Array[] = [];
  for (const type of [DEVICE, DEVICE_QUALIFIER, CONFIG, OTHER_SPEED_CONFIG, BOS]) {
    const setup = { requestType: 0x80, request: Request.GET_DESCRIPTOR, value: type << 8, index: 0, length: 4096 };
    try {
      found.push(await host.controlIn(setup));
    } catch (refusal) {
      if (!isKernelError(refusal, 'EPIPE')) throw refusal;
    }
  }
  return found;
}
