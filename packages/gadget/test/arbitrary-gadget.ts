import fc from 'fast-check';
import { gadgetProblems } from '../src/definition/check.ts';
import type {
  AlternateDefinition,
  EndpointDefinition,
  GadgetDefinition,
  ProgramFunction,
} from '../src/definition/definition.ts';
import type { AssociationDefinition, InterfaceMicrosoftOs } from '../src/definition/host-definition.ts';

const optional: { requiredKeys: never[] } = { requiredKeys: [] };
const direction = fc.constantFrom('in' as const, 'out' as const);
const interval = fc.constantFrom(0.125, 0.5, 1, 3, 8, 100);

const bulk = fc.record(
  { type: fc.constant('bulk' as const), direction, burst: fc.integer({ min: 1, max: 16 }) },
  { requiredKeys: ['type', 'direction'] },
);
const interrupt = fc.record(
  {
    type: fc.constant('interrupt' as const),
    direction,
    packetSize: fc.integer({ min: 1, max: 1024 }),
    interval,
    full: fc.record(
      { packetSize: fc.integer({ min: 1, max: 64 }), interval: fc.integer({ min: 1, max: 255 }) },
      optional,
    ),
  },
  { requiredKeys: ['type', 'direction'] },
);
const isochronous = fc.oneof(
  fc.record(
    {
      type: fc.constant('isochronous' as const),
      direction,
      packetSize: fc.integer({ min: 1, max: 1024 }),
      interval,
      synchronization: fc.constantFrom('none' as const, 'adaptive' as const, 'synchronous' as const),
    },
    { requiredKeys: ['type', 'direction', 'packetSize'] },
  ),
  fc.record(
    {
      type: fc.constant('isochronous' as const),
      direction,
      packetSize: fc.constant(1024),
      transactions: fc.integer({ min: 1, max: 3 }),
      burst: fc.integer({ min: 1, max: 16 }),
      mult: fc.integer({ min: 1, max: 3 }),
    },
    { requiredKeys: ['type', 'direction', 'packetSize'] },
  ),
);

const word = fc.stringMatching(/^[A-Za-zäß €漢]{1,12}$/u);
const text = fc.oneof(word, fc.dictionary(fc.constantFrom('en-US', 'de-DE'), word, { minKeys: 1 }));
const byte = fc.integer({ min: 0, max: 255 });

const codes = { class: byte, subclass: byte, protocol: byte, description: text };

/** Bytes as a file has them: a list of numbers, or hexadecimal text. */
const bytes = (minLength: number, maxLength: number) =>
  fc
    .record({ list: fc.array(byte, { minLength, maxLength }), asText: fc.boolean() })
    .map(({ list, asText }) => (asText ? list.map((one) => one.toString(16).padStart(2, '0')).join(' ') : list));

const hid = fc
  .record(
    {
      version: fc.constantFrom('1.11', '1.1', 0x0100),
      country: byte,
      reportDescriptor: bytes(1, 80),
      reportLength: fc.integer({ min: 1, max: 4096 }),
    },
    { requiredKeys: ['reportDescriptor', 'reportLength'] },
  )
  .chain(({ reportDescriptor, reportLength, ...rest }) =>
    fc.constantFrom({ ...rest, reportDescriptor }, { ...rest, reportLength }),
  );
const dfu = fc.record(
  {
    attributes: fc.record(
      { download: fc.boolean(), upload: fc.boolean(), manifestationTolerant: fc.boolean(), willDetach: fc.boolean() },
      optional,
    ),
    detachTimeout: fc.nat({ max: 65535 }),
    transferSize: fc.integer({ min: 1, max: 4096 }),
    version: fc.constant('1.1'),
  },
  { requiredKeys: ['transferSize'] },
);
const count = fc.nat({ max: 0xffff_ffff });
const ccid = fc.record(
  {
    slots: fc.integer({ min: 1, max: 256 }),
    voltages: fc.uniqueArray(fc.constantFrom('5 V' as const, '3 V' as const, '1.8 V' as const)),
    protocols: fc.uniqueArray(fc.constantFrom('T=0' as const, 'T=1' as const)),
    defaultClock: count,
    maximumDataRate: count,
    mechanical: count,
    features: fc.constantFrom('0x000100ba' as const, 0x0004_0840),
    lcdLayout: fc.nat({ max: 0xffff }),
    busySlots: fc.integer({ min: 1, max: 255 }),
  },
  optional,
);
const raw = fc.array(byte, { minLength: 7, maxLength: 7 }).map((body) => [9, 0x21, ...body]);
const otg = fc.constantFrom('03 09 01', [3, 9, 2]);

/** Settings without endpoints; these are dealt out later, with names that occur once. */
const bareSetting: fc.Arbitrary<AlternateDefinition> = fc.oneof(
  { arbitrary: fc.record({ ...codes, descriptors: fc.array(otg, { maxLength: 2 }) }, optional), weight: 4 },
  fc.record({ subclass: byte, protocol: byte, description: text, hid }, { requiredKeys: ['hid'] }),
  fc.record(
    { description: text, protocol: fc.constantFrom(1, 2), dfu, descriptors: fc.constant([]) },
    { requiredKeys: ['dfu', 'protocol'] },
  ),
  fc.record({ subclass: byte, protocol: byte, ccid }, { requiredKeys: ['ccid'] }),
  fc.record({ class: fc.constantFrom(3, '0x03' as const), descriptors: fc.array(raw, { maxLength: 2 }) }),
);

const ascii = (maxLength: number) => fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength });
const interfaceMicrosoftOs = fc.record(
  {
    compatibleId: fc.oneof(fc.constant('WINUSB'), ascii(8)),
    subCompatibleId: ascii(8),
    properties: fc.dictionary(
      fc.oneof(fc.constant('Label'), ascii(30)),
      fc.oneof(
        ascii(60),
        fc.record({ text: ascii(60), as: fc.constantFrom('text' as const, 'expand' as const, 'link' as const) }),
        fc.record({ bytes: bytes(0, 60) }),
      ),
      { maxKeys: 3 },
    ),
  },
  optional,
);
const association = fc.record(codes, optional);

interface Shape {
  readonly interfaces: readonly (readonly AlternateDefinition[])[];
  readonly endpoints: readonly EndpointDefinition[];
  readonly places: readonly number[];
  readonly association: AssociationDefinition | undefined;
  readonly microsoftOs: readonly (InterfaceMicrosoftOs | undefined)[];
}

/** Endpoints of the given kinds, in interfaces and alternate settings of all shapes. */
function programFunction(endpoint: fc.Arbitrary<EndpointDefinition>, most: number): fc.Arbitrary<ProgramFunction> {
  return fc
    .record({
      interfaces: fc.array(fc.array(bareSetting, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
      endpoints: fc.array(endpoint, { maxLength: most }),
      places: fc.array(fc.nat(), { minLength: most, maxLength: most }),
      association: fc.option(association, { nil: undefined }),
      microsoftOs: fc.array(fc.option(interfaceMicrosoftOs, { nil: undefined, freq: 1 }), {
        minLength: 3,
        maxLength: 3,
      }),
    })
    .map(assemble);
}

function assemble({ interfaces, endpoints, places, association, microsoftOs }: Shape): ProgramFunction {
  const settings = interfaces
    .flat()
    .map((setting) => ({ ...setting, endpoints: {} as Record<string, EndpointDefinition> }));
  endpoints.forEach((endpoint, index) => {
    settings[places[index]! % settings.length]!.endpoints[`e${index}`] = endpoint;
  });
  let next = 0;
  const built = interfaces.map((alternates, index) => {
    const [first, ...others] = alternates.map(() => settings[next++]!);
    const os = microsoftOs[index];
    return { ...first!, ...(others.length > 0 && { alternates: others }), ...(os && { microsoftOs: os }) };
  });
  const whole = association && { association };
  if (built.length === 1) return { ...built[0]!, ...whole };
  return { ...whole, interfaces: Object.fromEntries(built.map((one, index) => [`i${index}`, one])) };
}

export interface ArbitraryGadget {
  /** Kinds of endpoints; all unless given. */
  readonly kinds?: readonly EndpointDefinition['type'][];
  /** Most endpoints of a function; 6 unless given. */
  readonly endpoints?: number;
}

/** Gadgets that are right, of all shapes. */
export function arbitraryGadget(options: ArbitraryGadget = {}): fc.Arbitrary<GadgetDefinition> {
  const { kinds = ['bulk', 'interrupt', 'isochronous'], endpoints = 6 } = options;
  const all = { bulk, interrupt, isochronous } as Record<string, fc.Arbitrary<EndpointDefinition>>;
  const endpoint = fc.oneof(...kinds.map((kind) => all[kind]!));
  return fc
    .record(
      {
        vendorId: fc.integer({ min: 0, max: 0xffff }),
        productId: fc.integer({ min: 0, max: 0xffff }),
        deviceVersion: fc.constantFrom('1.05', '2.1', 0x0199),
        class: byte,
        subclass: byte,
        protocol: byte,
        manufacturer: text,
        product: text,
        serialNumber: text,
        maxSpeed: fc.constantFrom('full' as const, 'high' as const, 'super' as const),
        maxPower: fc.integer({ min: 0, max: 900 }),
        selfPowered: fc.boolean(),
        remoteWakeup: fc.boolean(),
        webUsb: fc.record(
          {
            vendorCode: byte,
            landingPage: fc.constantFrom('https://example.com/scope?n=1', `http://${'x'.repeat(245)}`),
            version: fc.constant('1.00'),
          },
          optional,
        ),
        microsoftOs: fc.record({ vendorCode: byte, signature: fc.constantFrom('MSFT100', 'x') }, optional),
        functions: fc.dictionary(fc.constantFrom('a', 'b', 'c'), programFunction(endpoint, endpoints), { minKeys: 1 }),
      },
      { requiredKeys: ['vendorId', 'productId', 'functions'] },
    )
    .filter((gadget) => gadgetProblems(gadget).length === 0);
}
