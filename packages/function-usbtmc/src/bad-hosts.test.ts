import { MILLISECOND } from '@gadgetloom/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACKENDS, scopeRig, type UsbtmcHost } from '../test/usbtmc-host.ts';

const PATIENCE = MILLISECOND;
const SEED = 15;

/** Bytes that are nearly a message: every field of the header may lie. */
const nearlyMessage = fc
  .record({
    id: fc.constantFrom(0, 1, 1, 1, 2, 2, 3, 126, 127, 128, 255),
    tag: fc.integer({ min: 0, max: 255 }),
    goodTag: fc.boolean(),
    size: fc.oneof(fc.constantFrom(0, 1, 5, 500, 501, 0xffffffff), fc.integer({ min: 0, max: 3000 })),
    attributes: fc.constantFrom(0, 1, 2, 255),
    payload: fc.oneof(
      fc
        .constantFrom('*IDN?', 'WAV?', 'NEV?', 'BAD?', '*SRE 255', ':A:B;;"', '#9999999999', '*OPC?;WAV?')
        .map((text) => new TextEncoder().encode(text)),
      fc.uint8Array({ maxLength: 2000 }),
    ),
  })
  .map(({ id, tag, goodTag, size, attributes, payload }) => {
    const bytes = new Uint8Array(12 + payload.length);
    bytes.set([id, tag, goodTag ? ~tag & 0xff : tag, 0]);
    new DataView(bytes.buffer).setUint32(4, size, true);
    bytes.set([attributes, 10, 0, 0], 8);
    bytes.set(payload, 12);
    return bytes;
  });

/** Something that a bad host does. */
type Step = (host: UsbtmcHost) => Promise<unknown>;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: nearlyMessage.map(
      (bytes): Step =>
        (host) =>
          host.rawOut(bytes, PATIENCE),
    ),
  },
  fc.uint8Array({ maxLength: 1100 }).map(
    (bytes): Step =>
      (host) =>
        host.rawOut(bytes, PATIENCE),
  ),
  fc.constantFrom(1, 512, 4096, 65_536).map(
    (size): Step =>
      (host) =>
        host.rawIn(new Uint8Array(size), PATIENCE),
  ),
  fc.constantFrom('WAV?', '*IDN?', 'NEV?', 'BAD?').map(
    (text): Step =>
      (host) =>
        host.write(text),
  ),
  fc.constantFrom(1, 30, 5000, 100_000).map(
    (size): Step =>
      (host) =>
        host.request(size),
  ),
  fc
    .record({
      request: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 64, 128, 160, 161, 162, 200),
      value: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 0xffff })),
      length: fc.constantFrom(0, 1, 2, 8, 24, 500),
      recipient: fc.constantFrom('in' as const, 'out' as const, 'interface' as const),
    })
    .map(
      (fields): Step =>
        (host) =>
          host.control(fields.request, fields.value, fields.length, fields.recipient),
    ),
  fc.boolean().map(
    (own): Step =>
      (host) =>
        host.control(own ? 3 : 1, host.tag, 2, own ? 'in' : 'out'),
  ),
  fc.constant<Step>((host) => host.clearHalts()),
  fc.constant<Step>((host) => host.notification(PATIENCE)),
  fc.constantFrom<Step>(
    (host) => host.device.reset(),
    (host) => host.device.setInterface(0, 0),
    (host) => host.device.setConfiguration(1),
  ),
);

describe.each(Object.keys(BACKENDS) as (keyof typeof BACKENDS)[])('a bad host on %s', (backend) => {
  it('ends nothing, and a good host is answered after it', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      await using rig = await scopeRig(backend, { bufferSize: 4096, longestMessage: 2048 });
      const { host, scope, errors } = rig;
      scope.query('WAV?', () => ({
        length: 30_000,
        write: (at, into) => void into.fill(at & 0xff),
      }));
      scope.query('NEV?', () => new Promise<string>(() => {}));
      scope.query('BAD?', () => {
        throw new Error('bad');
      });
      // What a bad host is told does not matter.
      for (const act of steps) await act(host).catch(() => {});
      await host.clear();
      // A controller may hold a packet that it has reported as sent, and that nobody but the host can take.
      while ((await host.rawIn(new Uint8Array(65_536), PATIENCE)) >= 0);
      await host.write('*CLS');
      expect(await host.query('*IDN?')).toBe('ACME,Scope,0042,1.0');
      await host.write('WAV?');
      expect(await host.read(100_000)).toHaveLength(30_008);
      expect(errors.filter((error) => (error as Error).message !== 'bad')).toEqual([]);
    });
    await fc.assert(property, { seed: SEED, numRuns: 40 });
  }, 60_000);
});
