import type { CompanionDescriptor, EndpointDescriptor, TransferType, UsbSpeed } from '../chapter9.ts';
import { packetSize, transactionsPerInterval, transferType } from '../descriptors/endpoint-descriptor.ts';
import { atLeast } from '../speed.ts';
import type { CoreEndpoint } from './core-endpoint.ts';

/** Largest packet below high speed in bytes, whatever the controller's own limit (USB 2.0, 5.6.3 and 5.7.3). */
const FULL_SPEED_LIMIT: Partial<Record<TransferType, number>> = { isochronous: 1023, interrupt: 64 };

/**
 * Why an endpoint cannot serve a descriptor; `undefined` if it can.
 * Source: drivers/usb/gadget/udc/core.c, usb_gadget_ep_match_desc.
 *
 * @param maxSpeed of the controller
 */
export function misfit(
  endpoint: CoreEndpoint,
  descriptor: EndpointDescriptor,
  companion: CompanionDescriptor | undefined,
  maxSpeed: UsbSpeed,
): string | undefined {
  const { capabilities } = endpoint;
  const type = transferType(descriptor);
  const packet = packetSize(descriptor);
  const slow = !atLeast(maxSpeed, 'high');
  if (endpoint.claimedBy !== undefined) return `taken by ${endpoint.claimedBy}`;
  if ((descriptor.address & 0x80) !== 0 ? !capabilities.in : !capabilities.out) {
    return capabilities.in ? 'IN only' : 'OUT only';
  }
  if (packet > endpoint.maxPacketLimit) return `at most ${endpoint.maxPacketLimit} bytes`;
  if (slow && transactionsPerInterval(descriptor) > 1) return 'no high bandwidth below high speed';
  if (type === 'control') return 'never used for control';
  // Bulk endpoints carry interrupt transfers as well.
  if (!capabilities[type] && !(type === 'interrupt' && capabilities.bulk)) return `not for ${type}`;
  const limit = FULL_SPEED_LIMIT[type];
  if (slow && limit !== undefined && packet > limit) return `${type}: at most ${limit} bytes below high speed`;
  if (type === 'bulk' && companion !== undefined && atLeast(maxSpeed, 'super')) {
    if ((companion.attributes & 0x1f) > endpoint.maxStreams) return `${endpoint.maxStreams} streams`;
  }
  return undefined;
}
