import {
  type CompanionDescriptor,
  DescriptorType,
  type Direction,
  type EndpointDescriptor,
  TRANSFER_TYPES,
  type TransferType,
  USB_DIR_IN,
} from '../chapter9.ts';
import { expectDescriptor, writeField } from './descriptor-bytes.ts';

/** Bytes of an endpoint descriptor: 7, or 9 for audio. */
export const ENDPOINT_SIZE = 7;
export const AUDIO_ENDPOINT_SIZE = 9;
export const COMPANION_SIZE = 6;

/** Transfer type from bmAttributes bits 1..0. */
export function transferType(descriptor: Pick<EndpointDescriptor, 'attributes'>): TransferType {
  return TRANSFER_TYPES[descriptor.attributes & 0x3]!;
}

/** Direction from bEndpointAddress bit 7. */
export function endpointDirection(address: number): Direction {
  return (address & USB_DIR_IN) !== 0 ? 'in' : 'out';
}

/** Bytes of one packet: wMaxPacketSize bits 10..0 (usb_endpoint_maxp). */
export function packetSize(descriptor: Pick<EndpointDescriptor, 'maxPacketSize'>): number {
  return descriptor.maxPacketSize & 0x7ff;
}

/** Transactions of a microframe, 1 to 4: wMaxPacketSize bits 12..11 (usb_endpoint_maxp_mult). */
export function transactionsPerInterval(descriptor: Pick<EndpointDescriptor, 'maxPacketSize'>): number {
  return ((descriptor.maxPacketSize >> 11) & 0x3) + 1;
}

/**
 * Endpoint descriptor: 9 bytes if `refresh` or `synchAddress` is given, else 7.
 *
 * @throws InputError a value that does not fit its field
 */
export function encodeEndpointDescriptor(descriptor: EndpointDescriptor): Uint8Array {
  const audio = descriptor.refresh !== undefined || descriptor.synchAddress !== undefined;
  const bytes = new Uint8Array(audio ? AUDIO_ENDPOINT_SIZE : ENDPOINT_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, bytes.length);
  view.setUint8(1, DescriptorType.ENDPOINT);
  writeField(view, 2, 1, descriptor.address, 'address');
  writeField(view, 3, 1, descriptor.attributes, 'attributes');
  writeField(view, 4, 2, descriptor.maxPacketSize, 'maxPacketSize');
  writeField(view, 6, 1, descriptor.interval, 'interval');
  if (audio) {
    writeField(view, 7, 1, descriptor.refresh ?? 0, 'refresh');
    writeField(view, 8, 1, descriptor.synchAddress ?? 0, 'synchAddress');
  }
  return bytes;
}

/** @throws InputError not an endpoint descriptor of at least 7 bytes */
export function decodeEndpointDescriptor(bytes: Uint8Array): EndpointDescriptor {
  const view = expectDescriptor(bytes, DescriptorType.ENDPOINT, ENDPOINT_SIZE, 'endpoint');
  const descriptor: EndpointDescriptor = {
    address: view.getUint8(2),
    attributes: view.getUint8(3),
    maxPacketSize: view.getUint16(4, true),
    interval: view.getUint8(6),
  };
  if (view.byteLength < AUDIO_ENDPOINT_SIZE) return descriptor;
  return { ...descriptor, refresh: view.getUint8(7), synchAddress: view.getUint8(8) };
}

/** SuperSpeed endpoint companion: 6 bytes. @throws InputError a value that does not fit its field */
export function encodeCompanionDescriptor(descriptor: CompanionDescriptor): Uint8Array {
  const bytes = new Uint8Array(COMPANION_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, COMPANION_SIZE);
  view.setUint8(1, DescriptorType.SS_ENDPOINT_COMPANION);
  writeField(view, 2, 1, descriptor.maxBurst, 'maxBurst');
  writeField(view, 3, 1, descriptor.attributes, 'attributes');
  writeField(view, 4, 2, descriptor.bytesPerInterval, 'bytesPerInterval');
  return bytes;
}

/** @throws InputError not a companion descriptor of at least 6 bytes */
export function decodeCompanionDescriptor(bytes: Uint8Array): CompanionDescriptor {
  const view = expectDescriptor(bytes, DescriptorType.SS_ENDPOINT_COMPANION, COMPANION_SIZE, 'endpoint companion');
  return { maxBurst: view.getUint8(2), attributes: view.getUint8(3), bytesPerInterval: view.getUint16(4, true) };
}
