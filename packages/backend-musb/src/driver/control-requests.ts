import { Feature, Request, RequestType, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';

import { ENDPOINT_REGISTERS, Rxcsr, Txcsr } from '../registers/endpoint-registers.ts';
import type { MusbEndpoint } from './musb-endpoint.ts';
import type { MusbState } from './musb-state.ts';

const TXCSR = ENDPOINT_REGISTERS.TXCSR.offset;
const RXCSR = ENDPOINT_REGISTERS.RXCSR.offset;

/** How the driver handled a request: it did it (perhaps with an answer), refused it, or left it to the gadget. */
export type ControlOutcome = 'done' | 'refused' | 'for the gadget' | Uint8Array;

/** High byte of wIndex in SET_FEATURE(TEST_MODE), and the value that the driver then writes to TESTMODE. */
const TEST_MODES = new Map<number, number>([
  [1, 0x02],
  [2, 0x04],
  [3, 0x01],
  [4, 0x08],
  [0xc0, 0x10],
  [0xc1, 0x20],
  [0xc2, 0x40],
  [0xc3, 0x80],
]);
const DEBUG_MODE = 6;

/** Answers GET_STATUS, the only request with data that the driver answers itself (service_in_request). */
export function answerIn(musb: MusbState, setup: SetupPacket): ControlOutcome {
  const standard = (setup.requestType & RequestType.TYPE_MASK) === RequestType.STANDARD;
  if (!standard || setup.request !== Request.GET_STATUS) return 'for the gadget';
  const answer = new Uint8Array(Math.min(setup.length, 2));
  switch (setup.requestType & RequestType.RECIPIENT_MASK) {
    case RequestType.DEVICE:
      answer[0] = (musb.selfPowered ? 1 : 0) | (musb.mayWakeup ? 2 : 0);
      return answer;
    case RequestType.INTERFACE:
      return answer;
    case RequestType.ENDPOINT: {
      if ((setup.index & 0xff) === 0) return answer;
      const endpoint = find(musb, setup.index);
      if (endpoint === undefined) return 'refused';
      const { registers } = musb;
      const base = musb.endpointBase(endpoint.number);
      musb.select(endpoint.number);
      const toHost = (setup.index & USB_DIR_IN) !== 0;
      const halted = toHost
        ? registers.read16(base + TXCSR) & Txcsr.SENDSTALL
        : registers.read16(base + RXCSR) & Rxcsr.SENDSTALL;
      musb.select(0);
      answer[0] = halted === 0 ? 0 : 1;
      return answer;
    }
    default:
      return 'for the gadget';
  }
}

/** Serves the requests without data that the driver has to serve itself (service_zero_data_request). */
export function serveWithoutData(musb: MusbState, setup: SetupPacket): ControlOutcome {
  if ((setup.requestType & RequestType.TYPE_MASK) !== RequestType.STANDARD) return 'for the gadget';
  switch (setup.request) {
    case Request.SET_ADDRESS:
      musb.setsAddress = true;
      musb.address = setup.value & 0x7f;
      return 'done';
    case Request.CLEAR_FEATURE:
      return feature(musb, setup, false);
    case Request.SET_FEATURE:
      return feature(musb, setup, true);
    default:
      return 'for the gadget';
  }
}

function feature(musb: MusbState, setup: SetupPacket, on: boolean): ControlOutcome {
  switch (setup.requestType & RequestType.RECIPIENT_MASK) {
    case RequestType.DEVICE:
      return on ? setDeviceFeature(musb, setup) : clearDeviceFeature(musb, setup);
    case RequestType.INTERFACE:
      return 'refused';
    case RequestType.ENDPOINT: {
      const endpoint = setup.value === Feature.ENDPOINT_HALT ? find(musb, setup.index) : undefined;
      if (endpoint === undefined) return 'refused';
      endpoint.hostSetsHalt(on);
      musb.select(0);
      return 'done';
    }
    default:
      return 'for the gadget';
  }
}

function clearDeviceFeature(musb: MusbState, { value }: SetupPacket): ControlOutcome {
  if (value !== Feature.REMOTE_WAKEUP) return 'refused';
  musb.mayWakeup = false;
  return 'done';
}

function setDeviceFeature(musb: MusbState, { value, index }: SetupPacket): ControlOutcome {
  if (value === Feature.REMOTE_WAKEUP) {
    musb.mayWakeup = true;
    return 'done';
  }
  if (value === DEBUG_MODE) return 'for the gadget';
  // The gadget is no OTG device, so the OTG features are refused too.
  if (value !== Feature.TEST_MODE || musb.speed !== 'high' || (index & 0xff) !== 0) return 'refused';
  const mode = TEST_MODES.get(index >> 8);
  if (mode === undefined) return 'refused';
  musb.testModeNumber = mode;
  musb.testMode = true;
  return 'done';
}

/** Finds the enabled endpoint with an address. With a shared FIFO only the IN half can be found. */
function find(musb: MusbState, index: number): MusbEndpoint | undefined {
  const number = index & 0x0f;
  const hardware = number === 0 ? undefined : musb.endpoints[number];
  const endpoint = (index & USB_DIR_IN) !== 0 ? hardware?.in : hardware?.out;
  return endpoint?.descriptor === undefined ? undefined : endpoint;
}
