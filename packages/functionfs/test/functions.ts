import fc from 'fast-check';
import type { FunctionDescriptor, FunctionDescriptors, OsDescriptor } from '../src/index.ts';
import { loopbackDescriptors } from '../src/testing/loopback.ts';

/** Four bulk endpoints: ep1 IN, ep2 OUT, ep3 IN, ep4 OUT. */
export const loopback: FunctionDescriptors = loopbackDescriptors();

const byte = fc.nat(255);
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(byte, { maxLength }).map((codes) => codes.map((code) => String.fromCharCode(code)).join(''));

const classBody = fc.oneof(
  fc.constant({ class: 3, subClass: 0, length: 7 }),
  fc.constant({ class: 0x0b, subClass: 2, length: 52 }),
  fc.constant({ class: 0xfe, subClass: 1, length: 7 }),
);

interface Shape {
  readonly number: number;
  readonly alternate: number;
  readonly string: number;
  readonly special: { readonly class: number; readonly subClass: number; readonly length: number } | undefined;
  readonly endpoints: readonly { readonly address: number; readonly attributes: number; readonly audio: boolean }[];
  readonly association: boolean;
  readonly otg: boolean;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  number: fc.nat(3),
  alternate: fc.nat(2),
  string: fc.nat(4),
  special: fc.option(classBody, { nil: undefined }),
  endpoints: fc.array(
    fc.record({
      address: fc.tuple(fc.integer({ min: 1, max: 15 }), fc.boolean()).map(([n, isIn]) => n | (isIn ? 0x80 : 0)),
      attributes: byte,
      audio: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  association: fc.boolean(),
  otg: fc.boolean(),
});

function describeShape(shapes: readonly Shape[], packet: number, companions: boolean): FunctionDescriptor[] {
  return shapes.flatMap((one): FunctionDescriptor[] => [
    ...(one.otg ? [{ type: 'otg', attributes: 3 } as const] : []),
    ...(one.association
      ? [
          {
            type: 'association',
            firstInterface: one.number,
            interfaceCount: 1,
            class: 2,
            subClass: 2,
            protocol: 0,
            string: one.string,
          } as const,
        ]
      : []),
    {
      type: 'interface',
      number: one.number,
      alternate: one.alternate,
      endpoints: one.endpoints.length,
      class: one.special?.class ?? 0xff,
      subClass: one.special?.subClass ?? 9,
      protocol: packet & 0xff,
      string: one.string,
    },
    ...(one.special ? [{ type: 'class', body: new Uint8Array(one.special.length).fill(packet) } as const] : []),
    ...one.endpoints.flatMap(({ address, attributes, audio }): FunctionDescriptor[] => [
      {
        type: 'endpoint',
        address,
        attributes,
        maxPacketSize: packet,
        interval: 1,
        ...(audio && { refresh: 2, synchAddress: 3 }),
      },
      ...(companions ? [{ type: 'companion', maxBurst: 1, attributes, bytesPerInterval: packet } as const] : []),
    ]),
  ]);
}

function osDescriptors(interfaces: number): fc.Arbitrary<OsDescriptor[]> {
  const header = {
    interface: fc.nat(interfaces - 1),
    version: fc.constant(1),
    declaredLength: fc.nat(10),
  };
  const compatible = fc.record(
    {
      type: fc.constant('compatible-ids' as const),
      ...header,
      functions: fc.array(
        fc.record(
          {
            firstInterface: fc.nat(interfaces - 1),
            compatibleId: text(8).map((id) => id.replace(/\0+$/, '')),
            subCompatibleId: text(8).map((id) => id.replace(/\0+$/, '')),
            reserved: fc.constant(0),
          },
          { requiredKeys: ['firstInterface', 'compatibleId', 'subCompatibleId'] },
        ),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: ['type', 'interface', 'functions'] },
  );
  const properties = fc.record(
    {
      type: fc.constant('properties' as const),
      ...header,
      properties: fc.array(
        fc.record({ dataType: fc.integer({ min: 1, max: 7 }), name: text(40), data: fc.uint8Array({ maxLength: 80 }) }),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: ['type', 'interface', 'properties'] },
  );
  return fc.array(fc.oneof(compatible, properties), { maxLength: 3 }) as fc.Arbitrary<OsDescriptor[]>;
}

/** Functions that the kernel accepts: all kinds of descriptors, speeds, flags and OS descriptors. */
export const anyFunction: fc.Arbitrary<FunctionDescriptors> = fc
  .record({
    shapes: fc.array(shape, { minLength: 1, maxLength: 4 }),
    speeds: fc.subarray(['full', 'high', 'super'] as const, { minLength: 1 }),
    switches: fc.subarray(['virtualAddress', 'allControlRecipients', 'config0Setup'] as const),
    eventfd: fc.option(fc.nat(100), { nil: undefined }),
    withOs: fc.boolean(),
  })
  .chain(({ shapes, speeds, switches, eventfd, withOs }) => {
    const packets = { full: 64, high: 512, super: 1024 };
    const base: FunctionDescriptors = {
      ...Object.fromEntries(speeds.map((speed) => [speed, describeShape(shapes, packets[speed], speed === 'super')])),
      ...Object.fromEntries(switches.map((name) => [name, true])),
      ...(eventfd !== undefined && { eventfd }),
    };
    if (!withOs) return fc.constant(base);
    const interfaces = Math.max(...shapes.map(({ number }) => number)) + 1;
    return osDescriptors(interfaces).map((os) => ({ ...base, os }));
  });
