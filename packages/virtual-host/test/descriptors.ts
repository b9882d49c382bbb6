/** Builds the descriptors of test devices. */

const word = (value: number): [number, number] => [value & 0xff, value >> 8];

export interface DeviceFields {
  usbVersion?: number;
  deviceClass?: number;
  maxPacketSize0?: number;
  vendorId?: number;
  productId?: number;
  manufacturer?: number;
  product?: number;
  serialNumber?: number;
  configurations?: number;
}

export function device(fields: DeviceFields = {}): Uint8Array {
  return Uint8Array.of(
    ...[18, 1, ...word(fields.usbVersion ?? 0x0200), fields.deviceClass ?? 0, 0, 0, fields.maxPacketSize0 ?? 64],
    ...[...word(fields.vendorId ?? 0x1d6b), ...word(fields.productId ?? 0x0104), ...word(0x0123)],
    ...[fields.manufacturer ?? 1, fields.product ?? 2, fields.serialNumber ?? 3, fields.configurations ?? 1],
  );
}

export interface ConfigurationFields {
  value?: number;
  interfaces?: number;
  attributes?: number;
  /** bMaxPower. */
  power?: number;
  name?: number;
}

export function configuration(fields: ConfigurationFields, ...parts: Uint8Array[]): Uint8Array {
  const body = bytes(...parts);
  const numbers = new Set<number>();
  for (const part of parts) if (part[1] === 4) numbers.add(part[2]!);
  return bytes(
    Uint8Array.of(9, 2, ...word(9 + body.length), fields.interfaces ?? numbers.size, fields.value ?? 1),
    Uint8Array.of(fields.name ?? 0, fields.attributes ?? 0x80, fields.power ?? 50),
    body,
  );
}

export interface InterfaceFields {
  number?: number;
  alternate?: number;
  endpoints?: number;
  class?: number;
  subClass?: number;
  protocol?: number;
  name?: number;
}

export function iface(fields: InterfaceFields = {}): Uint8Array {
  return Uint8Array.of(
    ...[9, 4, fields.number ?? 0, fields.alternate ?? 0, fields.endpoints ?? 0],
    ...[fields.class ?? 0xff, fields.subClass ?? 0, fields.protocol ?? 0, fields.name ?? 0],
  );
}

const types = { isochronous: 1, bulk: 2, interrupt: 3 };

export function endpoint(address: number, type: keyof typeof types, maxPacketSize: number, interval = 0): Uint8Array {
  return Uint8Array.of(7, 5, address, types[type], ...word(maxPacketSize), interval || (type === 'bulk' ? 0 : 1));
}

export function companion(maxBurst: number, attributes = 0, bytesPerInterval = 0): Uint8Array {
  return Uint8Array.of(6, 0x30, maxBurst, attributes, ...word(bytesPerInterval));
}

export function bos(...capabilities: Uint8Array[]): Uint8Array {
  const body = bytes(...capabilities);
  return bytes(Uint8Array.of(5, 0x0f, ...word(5 + body.length), capabilities.length), body);
}

export function capability(type: number, ...content: number[]): Uint8Array {
  return Uint8Array.of(3 + content.length, 0x10, type, ...content);
}

export function string(text: string): Uint8Array {
  const units = Array.from({ length: text.length }, (_, at) => word(text.charCodeAt(at))).flat();
  return Uint8Array.of(2 + units.length, 3, ...units);
}

export function bytes(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The configuration of most test devices: interface 0 with bulk IN 1 and bulk OUT 2, at the packet size of the speed. */
export function twoBulk(maxPacketSize: number, fields: ConfigurationFields = {}): Uint8Array {
  return configuration(
    fields,
    iface({ endpoints: 2, name: 4 }),
    endpoint(0x81, 'bulk', maxPacketSize),
    endpoint(0x02, 'bulk', maxPacketSize),
  );
}
