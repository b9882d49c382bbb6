import type { UsbSpeed } from '@gadgetloom/udc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as make from '../../test/descriptors.ts';
import { initialAlternate, parseConfiguration } from './configuration.ts';

function parse(bytes: Uint8Array, speed: UsbSpeed = 'high') {
  const notices: string[] = [];
  const parsed = parseConfiguration(bytes, speed, (text) => notices.push(text));
  return { ...parsed, notices };
}

const classSpecific = (...content: number[]) => Uint8Array.of(2 + content.length, 0x24, ...content);

describe('a configuration descriptor', () => {
  it('is read with everything in it', () => {
    const association = Uint8Array.of(8, 0x0b, 0, 2, 0x0e, 3, 0, 5);
    const parsed = parse(
      make.configuration(
        { value: 2, attributes: 0xe0, power: 250, name: 7 },
        Uint8Array.of(3, 0x29, 1),
        association,
        make.iface({ number: 0, endpoints: 1, class: 0x0e, subClass: 1, protocol: 2, name: 6 }),
        classSpecific(1, 2, 3),
        make.endpoint(0x81, 'interrupt', 16, 8),
        classSpecific(9),
        make.iface({ number: 1, alternate: 0 }),
        make.iface({ number: 1, alternate: 1, endpoints: 1 }),
        make.endpoint(0x82, 'isochronous', 0x1400, 1),
      ),
    );
    expect(parsed).toMatchObject({ value: 2, attributes: 0xe0, maxPower: 500, nameIndex: 7, notices: [] });
    expect(parsed.extra).toEqual(make.bytes(Uint8Array.of(3, 0x29, 1), association));
    expect(parsed.associations).toEqual([
      {
        firstInterface: 0,
        interfaceCount: 2,
        functionClass: 0x0e,
        functionSubClass: 3,
        functionProtocol: 0,
        nameIndex: 5,
      },
    ]);
    expect(parsed.interfaces.map(({ number, alternates }) => [number, alternates.length])).toEqual([
      [0, 1],
      [1, 2],
    ]);
    const [video] = parsed.interfaces[0]?.alternates ?? [];
    expect(video).toMatchObject({ interfaceClass: 0x0e, interfaceSubClass: 1, interfaceProtocol: 2, nameIndex: 6 });
    expect(video?.extra).toEqual(classSpecific(1, 2, 3));
    expect(video?.endpoints).toMatchObject([{ address: 0x81, type: 'interrupt', maxPacketSize: 16, interval: 8 }]);
    expect(video?.endpoints[0]?.extra).toEqual(classSpecific(9));
    expect(parsed.interfaces[1]?.alternates[1]?.endpoints[0]).toMatchObject({
      type: 'isochronous',
      maxPacketSize: 0x1400,
    });
  });

  it('counts current in units of 8 mA at super speed', () => {
    expect(parse(make.configuration({ power: 100 }), 'super').maxPower).toBe(800);
  });

  it.each([
    ['is of another type', Uint8Array.of(9, 4, 9, 0, 0, 1, 0, 0x80, 50)],
    ['is too short', Uint8Array.of(8, 2, 9, 0, 0, 1, 0, 0x80, 50)],
    ['ends early', Uint8Array.of(9, 2, 9, 0)],
    ['is empty', new Uint8Array()],
  ])('is refused if it %s', (_, bytes) => {
    expect(() => parse(bytes)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  const duplicate = make.iface({ number: 0, endpoints: 1, name: 1 });
  it.each<[string, Uint8Array[], number[], string]>([
    ['descriptors after one of no length', [make.iface(), Uint8Array.of(0, 5, 1)], [0], 'length 0 is invalid'],
    ['a descriptor that is longer than the rest', [make.iface(), Uint8Array.of(9, 4, 1)], [0], 'length 9 is invalid'],
    ['a short interface', [Uint8Array.of(8, 4, 0, 0, 0, 0, 0, 0), make.iface({ number: 1 })], [1], '8 bytes long'],
    ['the second of two equal settings', [duplicate, duplicate], [0], 'two alternates 0'],
    ['a short association', [Uint8Array.of(4, 0x0b, 0, 1), make.iface()], [0], 'association is 4 bytes'],
  ])('loses %s', (_, parts, numbers, notice) => {
    const parsed = parse(make.configuration({}, ...parts));
    expect(parsed.interfaces.map(({ number }) => number)).toEqual(numbers);
    expect(parsed.interfaces.every(({ alternates }) => alternates.length === 1)).toBe(true);
    expect(parsed.notices.join('\n')).toContain(notice);
  });

  it('tells if it does not have the interfaces that it announces', () => {
    expect(parse(make.configuration({ interfaces: 2 }, make.iface())).notices).toEqual([
      'the configuration has 1 interfaces, its descriptor says 2',
    ]);
  });

  it('keeps 32 interfaces, 128 settings and 16 associations', () => {
    const many = Array.from({ length: 33 }, (_, number) => make.iface({ number }));
    const settings = Array.from({ length: 129 }, (_, alternate) => make.iface({ number: 0, alternate }));
    const associations = Array.from({ length: 17 }, () => Uint8Array.of(8, 0x0b, 0, 1, 0, 0, 0, 0));
    expect(parse(make.configuration({}, ...many)).interfaces).toHaveLength(32);
    const parsed = parse(make.configuration({}, ...associations, ...settings));
    expect(parsed.interfaces[0]?.alternates).toHaveLength(128);
    expect(parsed.associations).toHaveLength(16);
  });
});

describe('endpoints', () => {
  const bulk = make.endpoint(0x81, 'bulk', 512);

  it.each<[string, Uint8Array[], string]>([
    ['endpoint 0', [make.endpoint(0x80, 'bulk', 512)], 'endpoint 0'],
    ['a short descriptor', [Uint8Array.of(6, 5, 0x82, 2, 0, 2)], '6 bytes'],
    ['an address that is taken', [bulk, bulk], 'taken'],
    [
      'more than the interface announces',
      [bulk, make.endpoint(0x82, 'bulk', 512), make.endpoint(0x83, 'bulk', 512)],
      'has 3 endpoints',
    ],
  ])('are left out: %s', (_, parts, notice) => {
    const parsed = parse(make.configuration({}, make.iface({ endpoints: 2 }), ...parts));
    const addresses = parsed.interfaces[0]?.alternates[0]?.endpoints.map(({ address }) => address) ?? [];
    expect(addresses.length).toBeLessThan(parts.length);
    expect(parsed.notices.join('\n')).toContain(notice);
  });

  it('may have the address of another setting, but not of another interface', () => {
    const parsed = parse(
      make.configuration(
        {},
        make.iface({ number: 0, alternate: 0, endpoints: 1 }),
        bulk,
        make.iface({ number: 0, alternate: 1, endpoints: 1 }),
        bulk,
        make.iface({ number: 1, endpoints: 1 }),
        bulk,
      ),
    );
    const counts = parsed.interfaces.map(({ alternates }) => alternates.map(({ endpoints }) => endpoints.length));
    expect(counts).toEqual([[1, 1], [0]]);
  });
});

describe('the setting that is in force at first', () => {
  it('is 0, or the first if there is no 0', () => {
    const of = (...alternates: number[]) =>
      initialAlternate(
        parse(make.configuration({}, ...alternates.map((alternate) => make.iface({ alternate })))).interfaces[0]!,
      );
    expect(of(1, 0).alternateSetting).toBe(0);
    expect(of(2, 1).alternateSetting).toBe(2);
  });
});

it('whatever a device sends, parsing ends and invents nothing', () => {
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc
      .tuple(fc.nat(12), fc.constantFrom(2, 4, 5, 0x0b, 0x30), fc.uint8Array({ maxLength: 10 }))
      .map(([length, type, rest]) => Uint8Array.of(length, type, ...rest)),
    fc.constantFrom(make.iface({ endpoints: 2 }), make.endpoint(0x81, 'bulk', 512), make.companion(3)),
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 12 }),
      fc.constantFrom<UsbSpeed>('low', 'full', 'high', 'super'),
      (parts, speed) => {
        const bytes = make.configuration({}, ...parts);
        const parsed = parse(bytes, speed);
        for (const { number, alternates } of parsed.interfaces) {
          expect(alternates.length).toBeGreaterThan(0);
          for (const alternate of alternates) {
            expect(alternate.interfaceNumber).toBe(number);
            const addresses = alternate.endpoints.map(({ address }) => address);
            expect(new Set(addresses).size).toBe(addresses.length);
            for (const { address, companion } of alternate.endpoints) {
              expect(address & 0x0f).not.toBe(0);
              expect(companion !== undefined).toBe(speed === 'super');
            }
          }
        }
      },
    ),
    { seed: 2, numRuns: 500 },
  );
});
