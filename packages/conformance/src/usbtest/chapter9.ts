import { errnoCode } from '@gadgetloom/core';
import { DescriptorType, Request, RequestType, USB_DIR_IN } from '@gadgetloom/udc';
import type { Bench } from './bench.ts';

const { DEVICE, INTERFACE } = RequestType;
const { CONFIG, OTHER_SPEED_CONFIG, DEVICE_QUALIFIER, BOS } = DescriptorType;
const BUFFER = 256;
const USB_2_0 = 0x0200;
const USB_2_1 = 0x0210;

/** Descriptors of a BOS: their length, and the bits that are reserved in the 32 bits behind the type. */
const USB_2_0_EXTENSION = { type: 2, length: 7, reserved: ~0xfffe };

/** A standard request to the device or its interface. @throws Error it gave something else than `expected` bytes */
async function get(
  bench: Bench,
  recipient: number,
  request: number,
  value: number,
  length: number,
  exactly = true,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const count = await bench.control({ requestType: USB_DIR_IN | recipient, request, value, index: 0, length }, bytes);
  if (count < 0 || (exactly && count !== length))
    throw new Error(
      `Request ${request} of value 0x${value.toString(16)} gave ${count < 0 ? errnoCode(count) : `${count} of ${length} bytes`}.`,
    );
  return bytes.subarray(0, count);
}

const descriptor = (bench: Bench, type: number, index: number, length: number, exactly = true): Promise<Uint8Array> =>
  get(bench, DEVICE, Request.GET_DESCRIPTOR, (type << 8) | index, length, exactly);

const word = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);

/** Source: usbtest.c, is_good_config. */
function expectConfiguration(bytes: Uint8Array, type: number): void {
  const [length = 0, found] = bytes;
  if (length !== 9 || found !== type) throw new Error(`A configuration of type ${found} has ${length} bytes.`);
  const attributes = bytes[7]!;
  if ((attributes & 0x80) === 0 || (attributes & 0x1f) !== 0)
    throw new Error(`bmAttributes of the configuration is 0x${attributes.toString(16)}.`);
  const total = word(bytes, 2);
  if (total !== bytes.length && total < BUFFER)
    throw new Error(`wTotalLength is ${total}, and ${bytes.length} bytes were read.`);
}

/** Source: usbtest.c, ch9_postconfig and is_good_ext. */
async function expectCapabilities(bench: Bench): Promise<void> {
  const head = await descriptor(bench, BOS, 0, 5);
  const all = await descriptor(bench, BOS, 0, Math.min(word(head, 2), BUFFER));
  let at = head[0]!;
  for (let left = head[4]!; left > 0; left--) {
    const capability = all.subarray(at, at + all[at]!);
    if (capability[1] !== DescriptorType.DEVICE_CAPABILITY)
      throw new Error(`Byte ${at} of the BOS begins no capability.`);
    const { type, length, reserved } = USB_2_0_EXTENSION;
    if (capability[2] === type) {
      const bits = word(capability, 3) | (word(capability, 5) << 16);
      if (capability.length !== length || (bits & reserved) !== 0)
        throw new Error(`The USB 2.0 extension has ${capability.length} bytes and the bits 0x${bits.toString(16)}.`);
    }
    at += capability.length;
  }
}

/**
 * What chapter 9 of the USB specification asks of every device that is configured; alternate settings and the
 * configuration too where there is only one (realworld=0). Source: usbtest.c, ch9_postconfig.
 */
export async function chapter9(bench: Bench): Promise<void> {
  const { device } = bench;
  const { usbVersion, configurationCount } = device.descriptor;
  await device.setInterface(0, 0);
  const [alternate] = await get(bench, INTERFACE, Request.GET_INTERFACE, 0, 1);
  if (alternate !== 0) throw new Error(`GET_INTERFACE gave ${alternate}.`);
  const [configuration] = await get(bench, DEVICE, Request.GET_CONFIGURATION, 0, 1);
  if (configuration !== device.configuration?.value) throw new Error(`GET_CONFIGURATION gave ${configuration}.`);
  await descriptor(bench, DescriptorType.DEVICE, 0, 18);
  if (usbVersion >= USB_2_1) await expectCapabilities(bench);
  for (let index = 0; index < configurationCount; index++)
    expectConfiguration(await descriptor(bench, CONFIG, index, BUFFER, false), CONFIG);
  if (usbVersion === USB_2_0) {
    const qualifier = await descriptor(bench, DEVICE_QUALIFIER, 0, 10);
    for (let index = 0; index < qualifier[8]!; index++)
      expectConfiguration(await descriptor(bench, OTHER_SPEED_CONFIG, index, BUFFER, false), OTHER_SPEED_CONFIG);
  }
  await get(bench, DEVICE, Request.GET_STATUS, 0, 2);
  await get(bench, INTERFACE, Request.GET_STATUS, 0, 2);
}
