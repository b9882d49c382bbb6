import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyBytes, copyWithBuffer, copyWithSet } from './copy-bytes.ts';

const ways = {
  'a Buffer': copyWithBuffer(Buffer.prototype.copy),
  'a typed array': copyWithSet,
  'what was chosen': copyBytes,
};

describe.each(Object.entries(ways))('copying bytes with %s', (_, copy) => {
  it('copies exactly the range, also between views into the middle of their memory', () => {
    const inputs = fc.record({
      bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
      offset: fc.nat({ max: 16 }),
      targetStart: fc.nat({ max: 50 }),
      cut: fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 200 })),
    });
    fc.assert(
      fc.property(inputs, ({ bytes, offset, targetStart, cut }) => {
        const [start, end] = cut.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b) as [number, number];
        const source = new Uint8Array(new ArrayBuffer(offset + bytes.length), offset);
        source.set(bytes);
        const target = new Uint8Array(new ArrayBuffer(offset + 260), offset, 250).fill(0xee);
        copy(target, targetStart, source, start, end);
        const expected = new Array<number>(250).fill(0xee);
        for (let at = start; at < end; at++) expected[targetStart + at - start] = bytes[at]!;
        expect([...target]).toEqual(expected);
        expect(source).toEqual(bytes);
      }),
    );
  });

  it('copies within one memory as if there were a copy in between', () => {
    const memory = Uint8Array.from([1, 2, 3, 4, 5, 6]);
    copy(memory, 1, memory, 0, 5);
    expect([...memory]).toEqual([1, 1, 2, 3, 4, 5]);
    copy(memory, 0, memory, 2, 6);
    expect([...memory]).toEqual([2, 3, 4, 5, 4, 5]);
  });

  it('copies memory that threads share', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(9);
    const target = new Uint8Array(6);
    copy(target, 1, shared, 0, 4);
    expect([...target]).toEqual([0, 9, 9, 9, 9, 0]);
  });
});
