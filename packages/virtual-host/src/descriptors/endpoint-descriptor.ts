import type { CompanionDescriptor, EndpointDescriptor, TransferType, UsbSpeed } from '@gadgetloom/udc';
import { DescriptorType, TRANSFER_TYPES } from '@gadgetloom/udc';
import { isSuperSpeed } from '../speed.ts';

/** An endpoint as the host uses it. Values of its descriptor that were out of range are corrected. */
export interface HostEndpoint extends EndpointDescriptor {
  readonly type: TransferType;
  /** Always present at SuperSpeed: a device that sends no companion descriptor gets the smallest values. */
  readonly companion?: CompanionDescriptor;
  /** The bytes between this descriptor and the next endpoint: companion, class and vendor descriptors. */
  readonly extra: Uint8Array;
}

/** Called with each fault of the descriptors, in words. */
export type Notice = (text: string) => void;

const audioSize = 9;
const companionSize = 6;
const packetSizeMask = 0x07ff;
const multMask = 0x1800;

type Limits = Readonly<Record<TransferType, number>>;

/** Largest packets that the specification allows. Source: config.c, low_speed_maxpacket_maxes and its neighbours. */
const largestPacket: Readonly<Record<UsbSpeed, Limits>> = {
  low: { control: 8, isochronous: 0, bulk: 0, interrupt: 8 },
  full: { control: 64, isochronous: 1023, bulk: 64, interrupt: 64 },
  high: { control: 64, isochronous: 1024, bulk: 1024, interrupt: 1024 },
  super: { control: 512, isochronous: 1024, bulk: 1024, interrupt: 1024 },
  'super-plus': { control: 512, isochronous: 1024, bulk: 1024, interrupt: 1024 },
};

/** Bytes of one packet, which is wMaxPacketSize without the high-bandwidth bits. */
export function packetSize(endpoint: EndpointDescriptor): number {
  return endpoint.maxPacketSize & packetSizeMask;
}

/** Packets per microframe: 1 to 3 for high-bandwidth endpoints at high speed, and 1 for all others (USB 2.0, 5.9). */
export function transactionsPerMicroframe(endpoint: EndpointDescriptor, speed: UsbSpeed): number {
  const periodic = (endpoint.attributes & 1) === 1;
  return speed === 'high' && periodic ? 1 + ((endpoint.maxPacketSize & multMask) >> 11) : 1;
}

/** The most bytes that an isochronous endpoint moves in one interval. Source: urb.c, usb_submit_urb. */
export function bytesPerInterval(endpoint: HostEndpoint, speed: UsbSpeed): number {
  const size = packetSize(endpoint);
  if (endpoint.companion === undefined) return size * transactionsPerMicroframe(endpoint, speed);
  return size * (1 + endpoint.companion.maxBurst) * (1 + (endpoint.companion.attributes & 0x3));
}

/**
 * Decodes an endpoint descriptor. It corrects values that are out of range and tells `notice` about them. Source: config.c,
 * usb_parse_endpoint and usb_parse_ss_endpoint_companion.
 *
 * @param bytes the descriptor, at least 7 bytes
 * @param extra the bytes between this descriptor and the next endpoint or interface
 */
export function parseEndpoint(
  bytes: Uint8Array,
  extra: Uint8Array,
  speed: UsbSpeed,
  alternateSetting: number,
  notice: Notice,
): HostEndpoint {
  const address = bytes[2]! & 0x8f;
  const name = `endpoint 0x${address.toString(16).padStart(2, '0')}`;
  if (address !== bytes[2]) notice(`${name} had reserved bits in its address`);
  let attributes = bytes[3]!;
  let type = TRANSFER_TYPES[attributes & 0x3]!;
  let interval = bytes[6]!;
  let maxPacketSize = bytes[4]! | (bytes[5]! << 8);

  const { least, most, otherwise } = intervalLimits(type, speed, interval);
  if (interval < least || interval > most) {
    notice(`${name} has an invalid bInterval ${interval}; using ${otherwise}`);
    interval = otherwise;
  }
  if (speed === 'low' && type === 'bulk') {
    notice(`${name} is bulk at low speed; using interrupt`);
    attributes = 3;
    type = 'interrupt';
    interval = 1;
    maxPacketSize = Math.min(maxPacketSize & packetSizeMask, 8);
  }
  if (maxPacketSize === 0 && !(type === 'isochronous' && alternateSetting === 0)) {
    notice(`${name} has wMaxPacketSize 0`);
  }
  const mult = speed === 'high' && (attributes & 1) === 1 ? maxPacketSize & multMask : 0;
  const limit = largestPacket[speed][type];
  if (maxPacketSize - mult > limit) {
    notice(`${name} has an invalid wMaxPacketSize ${maxPacketSize - mult}; using ${limit}`);
    maxPacketSize = mult | limit;
  }
  if (speed === 'high' && type === 'bulk' && maxPacketSize !== 512) {
    notice(`${name} is bulk at high speed with wMaxPacketSize ${maxPacketSize}`);
  }
  const endpoint = { address, attributes, type, interval, maxPacketSize, extra };
  return {
    ...endpoint,
    ...(bytes.length >= audioSize ? { refresh: bytes[7]!, synchAddress: bytes[8]! } : {}),
    ...(isSuperSpeed(speed) ? { companion: parseCompanion(endpoint, name, notice) } : {}),
  };
}

/** The range of bInterval, and the value that replaces one outside of it. */
function intervalLimits(type: TransferType, speed: UsbSpeed, interval: number) {
  const fast = speed !== 'low' && speed !== 'full';
  if (type === 'isochronous') return { least: 1, most: 16, otherwise: speed === 'high' ? 7 : 4 };
  if (type !== 'interrupt') return { least: 0, most: 255, otherwise: 0 };
  if (!fast) return { least: 1, most: 255, otherwise: 10 };
  // Many devices send a number of frames although bInterval is an exponent of microframes.
  return { least: 1, most: 16, otherwise: interval === 0 ? 7 : 32 - Math.clz32(interval * 8) };
}

function parseCompanion(endpoint: Omit<HostEndpoint, 'companion'>, name: string, notice: Notice): CompanionDescriptor {
  const { extra, type } = endpoint;
  const size = packetSize(endpoint);
  const periodic = type === 'isochronous' || type === 'interrupt';
  if (extra.length < companionSize || extra[1] !== DescriptorType.SS_ENDPOINT_COMPANION) {
    notice(`${name} has no SuperSpeed companion; using minimum values`);
    return { maxBurst: 0, attributes: 0, bytesPerInterval: periodic ? endpoint.maxPacketSize : 0 };
  }
  let maxBurst = extra[2]!;
  let attributes = extra[3]!;
  let perInterval = extra[4]! | (extra[5]! << 8);
  const mult = (attributes & 0x3) + 1;
  const correct = (what: string, found: number, used: number): number => {
    notice(`${name} has ${what} ${found}; using ${used}`);
    return used;
  };

  const most = bytesPerTransaction(type, size, maxBurst, mult);
  const burstLimit = type === 'control' ? 0 : 15;
  if (maxBurst > burstLimit) maxBurst = correct('bMaxBurst', maxBurst, burstLimit);
  if ((type === 'control' || type === 'interrupt') && attributes !== 0) {
    attributes = correct('bmAttributes', attributes, 0);
  } else if (type === 'bulk' && attributes > 16) {
    attributes = correct('bmAttributes', attributes, 16);
  } else if (type === 'isochronous' && (attributes & 0x80) === 0 && mult > 3) {
    attributes = correct('bmAttributes', attributes, 2);
  }
  const interruptIn = type === 'interrupt' && endpoint.address >= 0x80;
  if (perInterval > most || (perInterval < size && interruptIn)) {
    perInterval = correct('wBytesPerInterval', perInterval, most);
  }
  return { maxBurst, attributes, bytesPerInterval: perInterval };
}

function bytesPerTransaction(type: TransferType, size: number, maxBurst: number, mult: number): number {
  if (type === 'isochronous') return (maxBurst + 1) * mult * size;
  return type === 'interrupt' ? (maxBurst + 1) * size : 999_999;
}
