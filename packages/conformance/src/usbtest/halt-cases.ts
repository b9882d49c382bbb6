import { Errno, errnoCode } from '@gadgetloom/core';
import { Feature, Request, RequestType, USB_DIR_IN } from '@gadgetloom/udc';
import type { DevicePipe } from '@gadgetloom/virtual-host';
import type { Bench } from './bench.ts';
import { expectWhole } from './bulk-cases.ts';
import { fillMod63 } from './pattern63.ts';

const { STANDARD, ENDPOINT } = RequestType;
const STATUS_SIZE = 2;

/** GET_STATUS of an endpoint: 1 is halted. @throws Error it failed */
async function endpointStatus(bench: Bench, { address }: DevicePipe): Promise<number> {
  const setup = { requestType: USB_DIR_IN | STANDARD | ENDPOINT, request: Request.GET_STATUS, value: 0 };
  const status = new Uint8Array(STATUS_SIZE);
  const count = await bench.control({ ...setup, index: address, length: STATUS_SIZE }, status);
  if (count !== STATUS_SIZE) throw new Error(`GET_STATUS of an endpoint gave ${count < 0 ? errnoCode(count) : count}.`);
  return status[0]! | (status[1]! << 8);
}

const data = (pipe: DevicePipe, length: number): Uint8Array => fillMod63(new Uint8Array(length), pipe.maxPacketSize);

async function expectNotHalted(bench: Bench, pipe: DevicePipe): Promise<void> {
  const status = await endpointStatus(bench, pipe);
  if (status !== 0) throw new Error(`The ${pipe.direction} endpoint says that it is halted: ${status}.`);
  expectWhole(pipe, await bench.transfer(pipe, data(pipe, pipe.maxPacketSize)), 0);
}

async function expectHalted(bench: Bench, pipe: DevicePipe): Promise<void> {
  const status = await endpointStatus(bench, pipe);
  if (status !== 1) throw new Error(`The ${pipe.direction} endpoint does not say that it is halted: ${status}.`);
  for (const which of ['The first transfer', 'The second transfer']) {
    const ended = await bench.transfer(pipe, data(pipe, pipe.maxPacketSize));
    if (ended.status !== -Errno.EPIPE)
      throw new Error(`${which} to a halted endpoint ended with ${errnoCode(ended.status)}.`);
  }
}

/** Halts an endpoint, and clears it. Source: usbtest.c, test_halt. */
export async function haltAndClear(bench: Bench, pipe: DevicePipe): Promise<void> {
  await expectNotHalted(bench, pipe);
  const setup = { requestType: STANDARD | ENDPOINT, request: Request.SET_FEATURE, value: Feature.ENDPOINT_HALT };
  const result = await bench.control({ ...setup, index: pipe.address, length: 0 });
  if (result !== 0) throw new Error(`SET_FEATURE(ENDPOINT_HALT) gave ${errnoCode(result)}.`);
  await expectHalted(bench, pipe);
  await bench.device.clearHalt(pipe.address);
  await expectNotHalted(bench, pipe);
}

/**
 * Clears a halt that there is not, between transfers of an odd number of packets: both ends begin with DATA0 again.
 * Source: usbtest.c, test_toggle_sync.
 */
export async function clearToggle(bench: Bench): Promise<void> {
  const { sink, device } = bench;
  for (let half = 0; half < 2; half++) {
    await device.clearHalt(sink.address);
    expectWhole(sink, await bench.transfer(sink, data(sink, 2 * sink.maxPacketSize)), half);
  }
}
