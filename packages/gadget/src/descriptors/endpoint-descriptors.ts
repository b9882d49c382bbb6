import { type CompanionDescriptor, type EndpointDescriptor, TRANSFER_TYPES, USB_DIR_IN } from '@gadgetloom/udc';
import type { EndpointDefinition, InterruptEndpoint, IsochronousEndpoint } from '../definition/definition.ts';
import { intervalValue } from './interval.ts';
import { BURST_PACKET, DEFAULT_INTERVAL, INTERRUPT_PACKET, PACKET_LIMITS } from './packet-limits.ts';
import type { DescribedSpeed } from './speed.ts';

/** An endpoint at one speed, in the units of the definition. */
export interface EndpointAtSpeed {
  /** Bytes in a packet. */
  readonly packetSize: number;
  /** Packets per microframe at high speed, 1 to 3; 1 at other speeds. */
  readonly transactions: number;
  /** Packets in a row at super speed, 1 to 16; 1 at other speeds. */
  readonly burst: number;
  /** Bursts per service interval at super speed, 1 to 3; 1 at other speeds. */
  readonly mult: number;
  /** The most milliseconds between two service intervals; `undefined` for bulk. */
  readonly interval: number | undefined;
  /** Bytes per service interval at super speed; 0 for bulk and at other speeds. */
  readonly bytesPerInterval: number;
}

/** An endpoint's descriptors at one speed. */
export interface EndpointDescriptors {
  readonly endpoint: EndpointDescriptor;
  /** Present at super speed only. */
  readonly companion: CompanionDescriptor | undefined;
}

const SYNCHRONIZATION = ['none', 'asynchronous', 'adaptive', 'synchronous'] as const;
const USAGE = ['data', 'feedback', 'implicit-feedback'] as const;

/** Returns the values of a definition at one speed. They are reduced to the limits of that speed. */
export function endpointAtSpeed(definition: EndpointDefinition, speed: DescribedSpeed): EndpointAtSpeed {
  if (definition.type === 'bulk') {
    return {
      packetSize: (speed === 'full' && definition.full?.packetSize) || PACKET_LIMITS.bulk[speed].bytes,
      transactions: 1,
      burst: speed === 'super' ? (definition.burst ?? 1) : 1,
      mult: 1,
      interval: undefined,
      bytesPerInterval: 0,
    };
  }
  const own = definition[speed];
  const given = definition.packetSize ?? INTERRUPT_PACKET;
  const packetSize = own?.packetSize ?? Math.min(given, PACKET_LIMITS[definition.type][speed].bytes);
  const interval = own?.interval ?? definition.interval ?? DEFAULT_INTERVAL[definition.type];
  if (speed === 'super') return atSuperSpeed(definition, packetSize, interval);
  const transactions = speed === 'high' ? (definition.high?.transactions ?? definition.transactions ?? 1) : 1;
  return { packetSize, transactions, burst: 1, mult: 1, interval, bytesPerInterval: 0 };
}

function atSuperSpeed(
  definition: InterruptEndpoint | IsochronousEndpoint,
  packetSize: number,
  interval: number,
): EndpointAtSpeed {
  const burst = definition.super?.burst ?? definition.burst;
  const mult = (definition.type === 'isochronous' && definition.mult) || 1;
  const transactions = definition.transactions ?? 1;
  if (burst === undefined && transactions > 1) {
    // Packets of a burst must have full size, so the bytes of the microframe are divided again.
    const bytesPerInterval = packetSize * transactions * mult;
    const burstOfMicroframe = Math.ceil((packetSize * transactions) / BURST_PACKET);
    return { packetSize: BURST_PACKET, transactions: 1, burst: burstOfMicroframe, mult, interval, bytesPerInterval };
  }
  const packets = (burst ?? 1) * mult;
  return { packetSize, transactions: 1, burst: burst ?? 1, mult, interval, bytesPerInterval: packetSize * packets };
}

/**
 * Makes the descriptors of an endpoint at one speed (USB 2.0, 9.6.6; USB 3.2, 9.6.6 and 9.6.7).
 *
 * @param address bEndpointAddress without the direction bit, 1 to 15
 */
export function endpointDescriptors(
  definition: EndpointDefinition,
  speed: DescribedSpeed,
  address: number,
): EndpointDescriptors {
  const { packetSize, transactions, burst, mult, interval, bytesPerInterval } = endpointAtSpeed(definition, speed);
  const endpoint: EndpointDescriptor = {
    address: address | (definition.direction === 'in' ? USB_DIR_IN : 0),
    attributes: attributes(definition),
    maxPacketSize: packetSize | ((transactions - 1) << 11),
    interval:
      definition.type === 'bulk' || interval === undefined ? 0 : intervalValue(definition.type, speed, interval),
  };
  if (speed !== 'super') return { endpoint, companion: undefined };
  return { endpoint, companion: { maxBurst: burst - 1, attributes: mult - 1, bytesPerInterval } };
}

/** bmAttributes. */
function attributes(definition: EndpointDefinition): number {
  const type = TRANSFER_TYPES.indexOf(definition.type);
  if (definition.type !== 'isochronous') return type;
  const { synchronization = 'none', usage = 'data' } = definition;
  return type | (SYNCHRONIZATION.indexOf(synchronization) << 2) | (USAGE.indexOf(usage) << 4);
}
