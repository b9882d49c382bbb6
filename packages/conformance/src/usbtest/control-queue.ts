import { Errno, errnoCode } from '@gadgetloom/core';
import { DescriptorType, Feature, Request, RequestType, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import type { Bench } from './bench.ts';

const { DEVICE, INTERFACE, ENDPOINT } = RequestType;
const BINARY_CODED_2_01 = 0x0201;
const BOS_HEAD = 5;

/** A request of the queue, and what may come of it: some are chosen because they stall, or give less than was asked for. */
interface Subcase {
  readonly setup: SetupPacket;
  /** Bytes that it gives; `'less'` than asked for; `undefined`: none, it always stalls. */
  readonly gives: number | 'less' | undefined;
  /** It may also stall. */
  readonly mayStall?: boolean;
}

/** The requests, in their order. Source: usbtest.c, test_ctrl_queue. */
function subcases({ device }: Bench): readonly Subcase[] {
  const { maxPacketSize0, usbVersion } = device.descriptor;
  const high = device.speed === 'high';
  const descriptor = (type: number, length: number): SetupPacket => ({
    ...{ requestType: USB_DIR_IN | DEVICE, request: Request.GET_DESCRIPTOR, value: type << 8, index: 0, length },
  });
  const get = (recipient: number, request: number, length: number): SetupPacket => ({
    ...{ requestType: USB_DIR_IN | recipient, request, value: 0, index: 0, length },
  });
  const clear = { requestType: ENDPOINT, request: Request.CLEAR_FEATURE, value: Feature.ENDPOINT_HALT };
  return [
    { setup: descriptor(DescriptorType.DEVICE, 18), gives: 18 },
    { setup: descriptor(DescriptorType.CONFIG, 9), gives: 9 },
    { setup: get(INTERFACE, Request.GET_INTERFACE, 1), gives: 1, mayStall: true },
    { setup: get(INTERFACE, Request.GET_STATUS, 2), gives: 2 },
    { setup: get(DEVICE, Request.GET_STATUS, 2), gives: 2 },
    { setup: descriptor(DescriptorType.DEVICE_QUALIFIER, 10), gives: 10, mayStall: !high },
    { setup: descriptor(DescriptorType.CONFIG, 18), gives: 18 },
    { setup: descriptor(DescriptorType.INTERFACE, 9), gives: undefined },
    { setup: { ...clear, index: 0, length: 0 }, gives: 0, mayStall: true },
    { setup: get(ENDPOINT, Request.GET_STATUS, 2), gives: 2 },
    { setup: descriptor(DescriptorType.CONFIG, 1024), gives: 'less' },
    { setup: descriptor(DescriptorType.ENDPOINT, 9), gives: 9, mayStall: true },
    { setup: descriptor(DescriptorType.STRING, 9), gives: 'less', mayStall: true },
    { setup: descriptor(DescriptorType.CONFIG, 1024 - maxPacketSize0), gives: 'less' },
    { setup: descriptor(DescriptorType.DEVICE, maxPacketSize0), gives: 'less' },
    usbVersion < BINARY_CODED_2_01
      ? { setup: descriptor(DescriptorType.BOS, BOS_HEAD), gives: undefined }
      : { setup: descriptor(DescriptorType.BOS, BOS_HEAD), gives: BOS_HEAD },
  ];
}

/**
 * Keeps several control transfers queued, which end in their order, whatever becomes of each: a stall ends nothing but
 * itself. Source: usbtest.c, test_ctrl_queue and ctrl_complete.
 */
export async function keepControlQueue(bench: Bench, iterations: number, depth: number): Promise<void> {
  const cases = subcases(bench);
  const total = iterations * depth;
  let started = 0;
  let ended = 0;
  const next = async (): Promise<void> => {
    while (started < total) {
      const index = started++;
      const subcase = cases[index % cases.length]!;
      const result = await bench.control(subcase.setup);
      if (ended !== index) throw new Error(`Request ${index} ended as number ${ended}.`);
      ended++;
      expectResult(subcase, result, index % cases.length);
    }
  };
  await Promise.all(Array.from({ length: depth }, next));
}

function expectResult({ setup, gives, mayStall = false }: Subcase, result: number, number: number): void {
  if (result === -Errno.EPIPE && (mayStall || gives === undefined)) return;
  if (result >= 0 && (gives === 'less' ? result < setup.length : result === gives)) return;
  const got = result < 0 ? errnoCode(result) : `${result} bytes`;
  throw new Error(`Request ${number} for ${setup.length} bytes gave ${got}, and should give ${gives ?? 'a stall'}.`);
}
