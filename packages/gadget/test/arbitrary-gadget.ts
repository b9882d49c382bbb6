import fc from 'fast-check';
import { gadgetProblems } from '../src/definition/check.ts';
import type {
  AlternateDefinition,
  EndpointDefinition,
  GadgetDefinition,
  ProgramFunction,
} from '../src/definition/definition.ts';

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

/** Settings without endpoints; these are dealt out later, with names that occur once. */
const bareSetting = fc.record({ class: byte, subclass: byte, protocol: byte, description: text }, optional);

interface Shape {
  readonly interfaces: readonly (readonly AlternateDefinition[])[];
  readonly endpoints: readonly EndpointDefinition[];
  readonly places: readonly number[];
}

/** Endpoints of the given kinds, in interfaces and alternate settings of all shapes. */
function programFunction(endpoint: fc.Arbitrary<EndpointDefinition>, most: number): fc.Arbitrary<ProgramFunction> {
  return fc
    .record({
      interfaces: fc.array(fc.array(bareSetting, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
      endpoints: fc.array(endpoint, { maxLength: most }),
      places: fc.array(fc.nat(), { minLength: most, maxLength: most }),
    })
    .map(assemble);
}

function assemble({ interfaces, endpoints, places }: Shape): ProgramFunction {
  const settings = interfaces
    .flat()
    .map((setting) => ({ ...setting, endpoints: {} as Record<string, EndpointDefinition> }));
  endpoints.forEach((endpoint, index) => {
    settings[places[index]! % settings.length]!.endpoints[`e${index}`] = endpoint;
  });
  let next = 0;
  const built = interfaces.map((alternates) => {
    const [first, ...others] = alternates.map(() => settings[next++]!);
    return { ...first!, ...(others.length > 0 && { alternates: others }) };
  });
  if (built.length === 1) return built[0]!;
  return { interfaces: Object.fromEntries(built.map((one, index) => [`i${index}`, one])) };
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
        functions: fc.dictionary(fc.constantFrom('a', 'b', 'c'), programFunction(endpoint, endpoints), { minKeys: 1 }),
      },
      { requiredKeys: ['vendorId', 'productId', 'functions'] },
    )
    .filter((gadget) => gadgetProblems(gadget).length === 0);
}
