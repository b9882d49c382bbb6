import type {
  AlternateSetting,
  ConfigurationTree,
  DeviceCapability,
  EndpointTree,
  InterfaceAssociation,
  InterfaceTree,
} from '@gadgetloom/udc';
import fc from 'fast-check';

export const byte = fc.nat(0xff);
export const word = fc.nat(0xffff);
export const long = fc.nat(0xffff_ffff);

/** A class-specific descriptor: no type that has a place of its own in the tree. */
export const classSpecific = fc
  .tuple(fc.constantFrom(0x21, 0x24, 0x25, 0x41), fc.uint8Array({ maxLength: 12 }))
  .map(([type, data]) => Uint8Array.of(data.length + 2, type, ...data));

const extra = fc.array(classSpecific, { maxLength: 2 });

const association: fc.Arbitrary<InterfaceAssociation> = fc.record({
  firstInterface: byte,
  interfaceCount: byte,
  functionClass: byte,
  functionSubClass: byte,
  functionProtocol: byte,
  stringIndex: byte,
});

const endpoint: fc.Arbitrary<EndpointTree> = fc.record(
  {
    address: byte,
    attributes: byte,
    maxPacketSize: word,
    interval: byte,
    companion: fc.record({ maxBurst: byte, attributes: byte, bytesPerInterval: word }),
    extra,
  },
  { requiredKeys: ['address', 'attributes', 'maxPacketSize', 'interval', 'extra'] },
);

const setting: fc.Arbitrary<AlternateSetting> = fc.record(
  {
    alternate: byte,
    interfaceClass: byte,
    interfaceSubClass: byte,
    interfaceProtocol: byte,
    stringIndex: byte,
    association,
    extra,
    endpoints: fc.array(endpoint, { maxLength: 3 }),
  },
  {
    requiredKeys: [
      'alternate',
      'interfaceClass',
      'interfaceSubClass',
      'interfaceProtocol',
      'stringIndex',
      'extra',
      'endpoints',
    ],
  },
);

export const interfaces: fc.Arbitrary<InterfaceTree[]> = fc.uniqueArray(
  fc.record({ number: byte, alternates: fc.array(setting, { minLength: 1, maxLength: 3 }) }),
  { maxLength: 4, selector: ({ number }) => number },
);

export const configuration: fc.Arbitrary<ConfigurationTree> = fc.record({
  value: byte,
  stringIndex: byte,
  attributes: byte,
  maxPower: byte,
  extra,
  interfaces,
});

const uuid = fc.uuid();
const capabilityData = fc.uint8Array({ maxLength: 20 });

export const capability: fc.Arbitrary<DeviceCapability> = fc.oneof(
  fc.record({ type: fc.constant('usb2-extension' as const), attributes: long }),
  fc.record({
    type: fc.constant('superspeed' as const),
    attributes: byte,
    speeds: word,
    functionality: byte,
    u1ExitLatency: byte,
    u2ExitLatency: word,
  }),
  fc.record({
    type: fc.constant('superspeed-plus' as const),
    attributes: long,
    functionality: word,
    sublinkSpeeds: fc.array(long, { maxLength: 4 }),
  }),
  fc.record({ type: fc.constant('platform' as const), uuid, data: capabilityData }),
  fc.record({
    type: fc.constant('other' as const),
    capability: fc.integer({ min: 0x20, max: 0xff }),
    data: capabilityData,
  }),
);
