#!/usr/bin/env node
import { linux } from '@gadgetloom/backend-linux';
import { errnoCode, isKernelError, KernelError } from '@gadgetloom/core';
import {
  bulk,
  composeStack,
  defineGadget,
  describeGadget,
  type GadgetDescription,
  interrupt,
  kernelFunction,
  type SpeedDescription,
} from '@gadgetloom/gadget';
import { DescriptorType, Request } from '@gadgetloom/udc';
import { DUMMY_ENDPOINTS } from '../shared/dummy-endpoints.ts';
import { expect, expectEqual } from '../shared/expect.ts';
import { guestSuite } from '../shared/guest-suite.ts';

const { report } = guestSuite({
  help: `definition

Makes a gadget with everything that a definition can say, as root, and reads it from the host's end: the kernel gives byte
for byte what describeGadget says.`,
});

const everything = defineGadget({
  name: 'everything',
  vendorId: 0x1d6b,
  productId: 0x0104,
  deviceVersion: '1.05',
  manufacturer: 'Gadgetloom',
  product: { 'en-US': 'Everything', 'de-DE': 'Alles' },
  serialNumber: '0001',
  maxPower: 250,
  webUsb: { vendorCode: 0x21, landingPage: 'https://example.com/everything' },
  microsoftOs: { vendorCode: 0x22 },
  functions: {
    scope: {
      endpoints: { samples: bulk.in(), commands: bulk.out() },
      description: 'scope',
      microsoftOs: {
        compatibleId: 'WINUSB',
        properties: {
          DeviceInterfaceGUID: '{88bae032-5a81-49f0-bc3d-a4ff138216d6}',
          Path: { text: '%SystemRoot%', as: 'expand' },
          Icon: { bytes: '00 01 fe ff' },
        },
      },
    },
    console: kernelFunction('acm'),
    desk: {
      association: { class: 0xff, subclass: 7, description: { 'en-US': 'desk', 'de-DE': 'Tisch' } },
      interfaces: {
        keys: {
          subclass: 1,
          protocol: 1,
          hid: { country: 33, reportDescriptor: '05 01 09 06 a1 01 c0' },
          endpoints: { keys: interrupt.in({ packetSize: 8, interval: 4 }) },
        },
        cards: {
          ccid: { slots: 2, voltages: ['5 V', '3 V'], protocols: ['T=0', 'T=1'], features: 0x0001_00ba },
          endpoints: { request: bulk.out(), answer: bulk.in() },
          microsoftOs: { compatibleId: 'WINUSB', subCompatibleId: '1' },
        },
      },
    },
    update: {
      protocol: 2,
      dfu: { attributes: { download: true, upload: true, willDetach: true }, detachTimeout: 255, transferSize: 4096 },
      descriptors: ['03 09 03'],
      alternates: [{ descriptors: ['09 21 01 00 00 40 00 10 01'], description: 'second image' }],
    },
  },
});

type Ask = (setup: {
  requestType: number;
  request: number;
  value: number;
  index: number;
  length: number;
}) => Promise<Uint8Array>;

/** The bytes, or the errno with which the device refuses. */
async function answer(ask: Ask, requestType: number, request: number, value: number, index: number, length = 4096) {
  try {
    return hex(await ask({ requestType, request, value, index, length }));
  } catch (refusal) {
    if (isKernelError(refusal)) return refusal.code;
    throw refusal;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const descriptor = (ask: Ask, type: number, index = 0, language = 0) =>
  answer(ask, 0x80, Request.GET_DESCRIPTOR, (type << 8) | index, language);

await using stack = await composeStack({ gadget: everything, backends: [linux({ virtual: true })] });
const { name, features } = stack.controller;
const whole: GadgetDescription = await describeGadget(everything, {
  controller: { name, features: { ...features, endpoints: DUMMY_ENDPOINTS } },
});
const device = await stack.hostDevice();
await stack.enabled();
const ask: Ask = async (setup) => {
  const data = new Uint8Array(setup.length);
  const length = await (await device.startControl(setup, data)).done;
  if (length < 0) throw new KernelError(errnoCode(length), 'control');
  return data.subarray(0, length);
};
const speed: SpeedDescription | undefined = whole.speeds.find((one) => one.speed === stack.controller.speed);

await report.check('the description has the speed of the controller', () => {
  expect(speed !== undefined, `${stack.controller.speed} is not among ${whole.speeds.map((one) => one.speed)}`);
  expectEqual(whole.unknown, []);
});

await report.check('the host reads the descriptors of the description, byte for byte', async () => {
  const { DEVICE, DEVICE_QUALIFIER, CONFIG, OTHER_SPEED_CONFIG, BOS } = DescriptorType;
  const found: string[] = [];
  for (const type of [DEVICE, DEVICE_QUALIFIER, CONFIG, OTHER_SPEED_CONFIG, BOS]) {
    const bytes = await descriptor(ask, type);
    if (bytes !== 'EPIPE') found.push(bytes);
  }
  expectEqual(found, speed?.bytes.map(hex));
});

await report.check('the host reads the strings of the description', async () => {
  for (const { index, language, text } of speed?.strings ?? []) {
    const bytes = Buffer.from(await descriptor(ask, DescriptorType.STRING, index, language), 'hex');
    expectEqual(bytes.subarray(2).toString('utf16le'), text, `string ${index} in language ${language}`);
  }
});

await report.check('a browser reads the landing page', async () => {
  expectEqual(whole.webUsb?.landingPage, everything.webUsb.landingPage);
  expectEqual(await answer(ask, 0xc0, 0x21, 1, 2, 255), whole.webUsb?.bytes && hex(whole.webUsb.bytes));
});

await report.check('Windows reads the compatible ids and the properties of each interface', async () => {
  const { microsoftOs } = whole;
  const found = [await descriptor(ask, DescriptorType.STRING, 0xee), await answer(ask, 0xc0, 0x22, 0, 4)];
  for (const { interfaceNumber } of microsoftOs?.interfaces ?? [])
    found.push(await answer(ask, 0xc1, 0x22, interfaceNumber, 5));
  expectEqual(found, microsoftOs?.bytes.map(hex));
  expectEqual(
    microsoftOs?.interfaces.map((one) => [one.interfaceNumber, one.compatibleId, one.properties.length]),
    [
      [0, 'WINUSB', 3],
      [3, '', 0],
      [4, 'WINUSB', 0],
      [5, '', 0],
    ],
  );
});

report.end();
