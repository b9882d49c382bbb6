import { Errno } from '@gadgetloom/core';
import { packetSize } from '@gadgetloom/udc';
import { EndpointCommand } from '../registers/command.ts';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { CONFIG0, CONFIG1, type ConfigAction } from '../registers/endpoint-configuration.ts';
import { put } from '../registers/field.ts';
import { type DriverState, SPEED_ORDER } from './driver-state.ts';
import { type Dwc3Endpoint, TRANSFER_TYPE } from './dwc3-endpoint.ts';
import { COMMAND_PARAMETER, sendEndpointCommand } from './endpoint-command.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import { clearHalt } from './halt.ts';
import { removeRequests, stopActiveTransfer } from './transfers.ts';

const DALEPENA = DEVICE_REGISTERS.DALEPENA.offset;
/** Largest bInterval, less one, that the hardware takes. */
const LARGEST_INTERVAL = 13;

/**
 * Frees the transfer resources of all endpoints, or of all but endpoint 0 (dwc3_gadget_start_config).
 *
 * @param first 0 or 2
 */
export function startConfiguration(state: DriverState, endpoints: readonly Dwc3Endpoint[], first: 0 | 2): number {
  const word = EndpointCommand.START_CONFIG | (first << COMMAND_PARAMETER);
  const result = sendEndpointCommand(state, endpoints[0]!, word);
  if (result !== 0) return result;
  for (let index: number = first; index < endpoints.length; index++) {
    endpoints[index]!.flags &= ~EndpointFlag.RESOURCE_ALLOCATED;
  }
  return 0;
}

/** Configures the hardware for an endpoint and starts it (__dwc3_gadget_ep_enable). @returns 0 or a negative errno */
export function enableEndpoint(state: DriverState, endpoint: Dwc3Endpoint, action: ConfigAction): number {
  const { descriptor } = endpoint;
  if (descriptor === undefined) return -Errno.EINVAL;
  endpoint.maxPacket = packetSize(descriptor);
  endpoint.type = descriptor.attributes & 0x3;
  const configured = setConfiguration(state, endpoint, action);
  if (configured !== 0) return configured;
  if ((endpoint.flags & EndpointFlag.RESOURCE_ALLOCATED) === 0) {
    const allocated = sendEndpointCommand(state, endpoint, EndpointCommand.SET_TRANSFER_RESOURCE, 1);
    if (allocated !== 0) return allocated;
    endpoint.flags |= EndpointFlag.RESOURCE_ALLOCATED;
  }
  if ((endpoint.flags & EndpointFlag.ENABLED) === 0) {
    endpoint.flags |= EndpointFlag.ENABLED;
    state.update(DALEPENA, 0, 1 << endpoint.number);
    if (endpoint.type === TRANSFER_TYPE.CONTROL) {
      endpoint.ring.enqueue = 0;
      endpoint.ring.dequeue = 0;
    } else endpoint.ring.reset();
  }
  const starts = endpoint.type === TRANSFER_TYPE.BULK || endpoint.type === TRANSFER_TYPE.INTERRUPT;
  return starts ? startEmpty(state, endpoint) : 0;
}

/** Undoes {@link enableEndpoint}; whatever is queued is given back with ESHUTDOWN (__dwc3_gadget_ep_disable). */
export function disableEndpoint(state: DriverState, endpoint: Dwc3Endpoint): void {
  if (endpoint.halted) clearHalt(state, endpoint, false);
  state.update(DALEPENA, 1 << endpoint.number, 0);
  removeRequests(state, endpoint, -Errno.ESHUTDOWN);
  const ending = (endpoint.flags & EndpointFlag.END_TRANSFER_PENDING) !== 0;
  if (ending && state.quirks.staleEndTransfer !== true) endpoint.staleEnds++;
  endpoint.streamCapable = false;
  endpoint.type = TRANSFER_TYPE.CONTROL;
  let kept: number = EndpointFlag.RESOURCE_ALLOCATED;
  if ((endpoint.flags & EndpointFlag.DELAY_STOP) !== 0) {
    kept |= EndpointFlag.DELAY_STOP | EndpointFlag.TRANSFER_STARTED;
  }
  endpoint.flags &= kept;
  endpoint.forgetHalt();
}

/** dwc3_gadget_set_ep_config. */
function setConfiguration(state: DriverState, endpoint: Dwc3Endpoint, action: ConfigAction): number {
  const { descriptor, companion, number, type } = endpoint;
  const { interval } = descriptor!;
  const control = type === TRANSFER_TYPE.CONTROL;
  let parameter0 =
    put(CONFIG0.EP_TYPE, type) | put(CONFIG0.MAX_PACKET_SIZE, endpoint.maxPacket) | put(CONFIG0.ACTION, action);
  if (state.superSpeed) parameter0 |= put(CONFIG0.BURST_SIZE, burstOf(endpoint) - 1);
  if (endpoint.in) parameter0 |= put(CONFIG0.FIFO_NUMBER, number >> 1);
  let parameter1 = control ? CONFIG1.XFER_COMPLETE_EN.mask : CONFIG1.XFER_IN_PROGRESS_EN.mask;
  if (number <= 1 || endpoint.isochronous) parameter1 |= CONFIG1.XFER_NOT_READY_EN.mask;
  if (type === TRANSFER_TYPE.BULK && companion !== undefined && (companion.attributes & 0x1f) !== 0) {
    parameter1 |= CONFIG1.STREAM_CAPABLE.mask | CONFIG1.XFER_COMPLETE_EN.mask | CONFIG1.STREAM_EVENT_EN.mask;
    endpoint.streamCapable = true;
  }
  // Endpoints are mapped one to one: the physical number is that on the bus, with the direction as its lowest bit.
  parameter1 |= put(CONFIG1.EP_IN, number & 1) | put(CONFIG1.EP_NUMBER, number >> 1);
  if (interval > 0) {
    parameter1 |= put(CONFIG1.BINTERVAL_M1, Math.min(interval - 1, LARGEST_INTERVAL));
    const frames = type === TRANSFER_TYPE.INTERRUPT && state.speedOrder === SPEED_ORDER.full;
    endpoint.interval = frames ? interval : 1 << (interval - 1);
  }
  return sendEndpointCommand(state, endpoint, EndpointCommand.SET_CONFIG, parameter0, parameter1 >>> 0);
}

function burstOf({ number, companion }: Dwc3Endpoint): number {
  if (number <= 1) return 1;
  return (companion?.maxBurst ?? -1) + 1;
}

/** Starts a transfer without TRBs, so that later ones only have to be added to it. */
function startEmpty(state: DriverState, endpoint: Dwc3Endpoint): number {
  const address = endpoint.ring.address(0);
  const high = Math.floor(address / 2 ** 32);
  const result = sendEndpointCommand(state, endpoint, EndpointCommand.START_TRANSFER, high, address >>> 0);
  if (result < 0) return result;
  if (endpoint.streamCapable) {
    // Streams are begun by the next transfer; this one only made sure that the host's wish is seen.
    stopActiveTransfer(state, endpoint, true);
    endpoint.flags |= EndpointFlag.FORCE_RESTART_STREAM;
  }
  return 0;
}
