import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gadgetProblems } from './check.ts';
import { bulk, interrupt, isochronous } from './endpoints.ts';

const right = {
  vendorId: 0x1d6b,
  productId: '0x0104',
  functions: { stream: { endpoints: { samples: bulk.in(), commands: bulk.out() } } },
};

/** What is said about a gadget with these fields changed. */
function messages(changes: Record<string, unknown>): string[] {
  return gadgetProblems({ ...right, ...changes }).map(({ message }) => message);
}

/** A gadget with one function, `f`. */
const one = (definition: unknown) => ({ functions: { f: definition } });
/** A gadget with one endpoint, `f.e`. */
const endpoint = (definition: unknown) => one({ endpoints: { e: definition } });

describe('a field of the wrong kind', () => {
  it.each([
    [
      { vendorId: '1d6b' },
      'vendorId is "1d6b"; allowed is a number from 0 to 0xffff (65535), or as text, such as "0x1d6b".',
    ],
    [{ class: 256 }, 'class is 256; allowed is a number from 0 to 0xff (255), or as text, such as "0x6b".'],
    [
      { deviceVersion: 1 },
      'deviceVersion is 1; allowed is a version as text in quotes, such as "1.05", or binary coded, such as 0x0105.',
    ],
    [
      { usbVersion: 0x02a0 },
      'usbVersion is 672; allowed is a version as text in quotes, such as "1.05", or binary coded, such as 0x0105.',
    ],
    [{ maxSpeed: 'low' }, 'maxSpeed is "low"; allowed is "full", "high", "super" or "super-plus".'],
    [{ selfPowered: 'yes' }, 'selfPowered is "yes"; allowed is true or false.'],
    [{ name: 'a/b' }, 'name is "a/b"; allowed is 1 to 39 letters, digits, "_", "-" or ".".'],
    [{ product: '' }, 'product is ""; allowed is at least one character, and no control characters.'],
    [{ product: 'x'.repeat(127) }, `product is "${'x'.repeat(56)}..."; allowed is at most 126 bytes of UTF-8.`],
    [{ product: { 'en-US': 3 } }, 'product.en-US is 3; allowed is text.'],
    [{ functions: null }, 'functions is empty; allowed is an object: the name of each function, and what it is.'],
    [
      { functions: { '2nd': {} } },
      'functions.2nd: function names are 1 to 35 letters, digits, "_" and "-", with a letter or "_" first.',
    ],
    [
      one([]),
      'functions.f is an empty list; allowed is an object with the fields of a function, { use: MODULE }, or { kernel: TYPE }.',
    ],
    [
      one({ alternates: [{}, {}, {}] }),
      'functions.f.alternates is a list; allowed is a list of at most 2 alternate settings (f_fs.c, MAX_ALT_SETTINGS).',
    ],
    [one({ kernel: 7 }), 'functions.f.kernel is 7; allowed is the type of a function of the kernel, such as "acm".'],
    [endpoint('in'), 'functions.f.endpoints.e is "in"; allowed is an object such as { type: bulk, direction: in }.'],
    [
      endpoint({ type: 'control', direction: 'in' }),
      'functions.f.endpoints.e.type is "control"; allowed is "bulk", "interrupt" or "isochronous".',
    ],
    [endpoint({ type: 'bulk' }), 'functions.f.endpoints.e.direction is missing: "in" or "out".'],
    [
      endpoint({ type: 'isochronous', direction: 'in' }),
      'functions.f.endpoints.e.packetSize is missing: a whole number of bytes, at least 1.',
    ],
    [endpoint(bulk.in({ burst: 17 })), 'functions.f.endpoints.e.burst is 17; allowed is a whole number from 1 to 16.'],
    [
      endpoint(interrupt.in({ burst: 4 })),
      'functions.f.endpoints.e.burst is 4; allowed is a whole number from 1 to 3.',
    ],
    [
      endpoint(interrupt.in({ interval: 0 })),
      'functions.f.endpoints.e.interval is 0; allowed is a number of milliseconds above 0.',
    ],
    [
      { configurations: { c: { functions: [] } } },
      'configurations.c.functions is an empty list; allowed is a list of at least one function.',
    ],
    [
      { environments: { ci: { speed: 'high' } } },
      'environments.ci.backend is missing: the name of a backend, such as "mock".',
    ],
  ])('%j', (changes, message) => {
    expect(messages(changes)).toEqual([message]);
  });
});

describe('a field that is not known', () => {
  it('is named, with the nearest that is', () => {
    expect(messages({ manufaturer: 'x' })).toEqual([
      expect.stringMatching(
        /^manufaturer is not a field of a gadget\. Did you mean "manufacturer"\? Fields are \$schema, name, /,
      ),
    ]);
  });

  it('is looked for in the kind of function that was meant', () => {
    expect(messages(one({ kernel: 'acm', atributes: {} }))).toEqual([
      'functions.f.atributes is not a field of a function of the kernel. Did you mean "attributes"? Fields are kernel, attributes.',
    ]);
    expect(messages(one({ clas: 3, endpoints: {} }))).toEqual([expect.stringContaining('Did you mean "class"?')]);
  });

  it('is looked for in the kind of endpoint that was meant', () => {
    expect(messages(endpoint({ type: 'bulk', direction: 'in', interval: 1 }))).toEqual([
      'functions.f.endpoints.e.interval is not a field of a bulk endpoint. Fields are type, direction, burst, full.',
    ]);
  });

  it("may be the backend's own in an environment", () => {
    expect(messages({ environments: { board: { backend: 'linux', controller: 'fe800000.usb' } } })).toEqual([]);
  });
});

describe('an endpoint that the bus cannot do', () => {
  it.each([
    [
      isochronous.in({ packetSize: 2048 }),
      'endpoint "e" is isochronous with 2048 bytes; at high speed the limit is 1024 (USB 2.0, 5.6.3).',
    ],
    [
      interrupt.in({ packetSize: 1025 }),
      'endpoint "e" is interrupt with 1025 bytes; at high speed the limit is 1024 (USB 2.0, 5.7.3).',
    ],
    [
      interrupt.in({ full: { packetSize: 65 } }),
      'endpoint "e" is interrupt with 65 bytes; at full speed the limit is 64 (USB 2.0, 5.7.3).',
    ],
    [
      interrupt.in({ interval: 0.1 }),
      'endpoint "e" is interrupt with an interval of 0.1 ms; high speed can do 0.125 to 4096 ms (USB 2.0, 9.6.6).',
    ],
    [
      interrupt.in({ full: { interval: 256 } }),
      'endpoint "e" is interrupt with an interval of 256 ms; full speed can do 1 to 255 ms (USB 2.0, 9.6.6).',
    ],
    [
      isochronous.out({ packetSize: 512, transactions: 2 }),
      'endpoint "e" is isochronous with 2 transactions of 512 bytes per microframe; that many need packets of 513 to 1024 bytes (USB 2.0, table 9-14).',
    ],
    [
      isochronous.out({ packetSize: 1000, burst: 2 }),
      'endpoint "e" is isochronous with bursts of 2 packets of 1000 bytes; packets of a burst have to be 1024 bytes (USB 3.2, 9.6.6).',
    ],
  ])('%j', (definition, message) => {
    expect(messages(endpoint(definition))).toEqual([message]);
  });

  it('is measured by the fastest speed of the device', () => {
    const big = endpoint(interrupt.in({ packetSize: 512 }));
    expect(messages(big)).toEqual([]);
    expect(messages({ ...big, maxSpeed: 'full' })).toEqual([
      'endpoint "e" is interrupt with 512 bytes; at full speed the limit is 64 (USB 2.0, 5.7.3).',
    ]);
  });

  it('is found also where another function is broken', () => {
    const functions = { broken: { clas: 1 }, f: { endpoints: { e: isochronous.in({ packetSize: 1025 }) } } };
    expect(messages({ functions })).toHaveLength(2);
  });
});

describe('fields that do not go together', () => {
  const ins = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`e${n}`, bulk.in()]));
  const both = { ...ins(15), ...Object.fromEntries(Array.from({ length: 15 }, (_, n) => [`o${n}`, bulk.out()])) };

  it.each([
    ['no function', { functions: {} }, 'functions is empty; a gadget has at least one function.'],
    ['no interface', one({ interfaces: {} }), 'function "f" has no interface; it needs at least one.'],
    [
      'interfaces and an interface',
      one({ interfaces: { i: {} }, endpoints: {} }),
      'function "f" has both "interfaces" and "endpoints"; with "interfaces", each of them has its own "endpoints".',
    ],
    [
      'a name twice in a function',
      one({ endpoints: { e: bulk.in() }, alternates: [{ endpoints: { e: bulk.in() } }] }),
      'endpoint "e" is in function "f" twice, the first time at functions.f.endpoints.e; the program knows it as "f.e", so it needs a name of its own.',
    ],
    ['too many IN', one({ endpoints: ins(16) }), 'configuration "c" has 16 IN endpoints; USB has numbers for 15.'],
    [
      'too many interfaces',
      one({ interfaces: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`i${n}`, {}])) }),
      'configuration "c" has 17 interfaces; Linux takes at most 16 (MAX_CONFIG_INTERFACES).',
    ],
    [
      'a configuration with a function that is not there',
      { configurations: { main: { functions: ['stream', 'steam'] } } },
      'configuration "main" has the function "steam", which is not there; did you mean "stream"?',
    ],
    [
      'a configuration with a function twice',
      { configurations: { main: { functions: ['stream', 'stream'] } } },
      'configuration "main" has the function "stream" twice.',
    ],
    [
      'a function in no configuration',
      { functions: { ...right.functions, more: {} }, configurations: { main: { functions: ['stream'] } } },
      'function "more" is in none of the configurations, so no host would see it.',
    ],
    [
      'one value for two configurations',
      { configurations: { a: { value: 2, functions: ['stream'] }, b: { value: 2, functions: ['stream'] } } },
      'configuration "b" has the value 2, which "a" has already.',
    ],
    [
      'a language that is not known',
      { product: { 'en-UK': 'Scope' } },
      'product has the language "en-UK", which is not known here: allowed are tags such as "en-US" and "de-DE", and USB language ids such as "0x0409"; did you mean "en-US"?',
    ],
    ['text in no language', { product: {} }, 'product has no text in any language.'],
    [
      'a language of the gadget that is not known',
      { language: '0x0009' },
      'language is "0x0009", which is not known here: allowed are tags such as "en-US" and "de-DE", and USB language ids such as "0x0409".',
    ],
    [
      'more languages than the kernel takes',
      { manufacturer: 'Me', product: { 'de-DE': 'Oszilloskop', 'fr-FR': 'Oscilloscope' } },
      'the texts of the device are in 3 languages (en-US, de-DE, fr-FR); Linux takes 2 (configfs.c, MAX_USB_STRING_LANGS).',
    ],
  ])('%s', (_, changes, message) => {
    expect(messages(changes)).toEqual([message]);
  });

  it('thirty endpoints are as many as FunctionFS takes', () => {
    expect(messages(one({ endpoints: both }))).toEqual([]);
    const more = one({ endpoints: { ...both, one: bulk.in() } });
    expect(messages(more)).toContain(
      'function "f" has 31 endpoints; FunctionFS takes at most 30 (f_fs.c, FFS_MAX_EPS_COUNT).',
    );
  });
});

describe('whatever is passed', () => {
  it('is judged without throwing, and every problem is a sentence about a place that is there or missing', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), fc.anything(), fc.string(), (value, inner, key) => {
        for (const input of [value, { ...right, [key]: inner }, { ...right, functions: { f: inner } }])
          for (const { message, path } of gadgetProblems(input)) {
            expect(message).toMatch(/^[^\n]+[.?]$/);
            expect(path.every((part) => typeof part === 'string' || Number.isInteger(part))).toBe(true);
          }
      }),
    );
  });
});
