import { encodeDescriptors, type FunctionDescriptor } from '@gadgetloom/functionfs';
import { describe, expect, it } from 'vitest';
import { lacksFullSpeed } from './full-speed.ts';

const face: FunctionDescriptor = {
  type: 'interface',
  number: 0,
  alternate: 0,
  endpoints: 1,
  class: 0xff,
  subClass: 0,
  protocol: 0,
  string: 0,
};
const bulk = (maxPacketSize: number): FunctionDescriptor => ({
  type: 'endpoint',
  address: 0x81,
  attributes: 2,
  maxPacketSize,
  interval: 0,
});
const companion: FunctionDescriptor = { type: 'companion', maxBurst: 0, attributes: 0, bytesPerInterval: 0 };
const full = [face, bulk(64)];
const high = [face, bulk(512)];
const superSpeed = [face, bulk(1024), companion];
/** An interface association, which is nobody's endpoint. */
const association = Uint8Array.of(8, 11, 0, 1, 0xff, 0, 0, 0);

/** Descriptors for three speeds, of which those for full speed are given as bytes. */
function withFullSpeed(count: number, bytes: Uint8Array): Uint8Array {
  const [one, two, three] = [
    encodeDescriptors({ full }),
    encodeDescriptors({ high }),
    encodeDescriptors({ super: superSpeed }),
  ];
  const blob = new Uint8Array(24 + bytes.length + two.length - 16 + three.length - 16);
  blob.set(one.subarray(0, 12));
  const view = new DataView(blob.buffer);
  view.setUint32(4, blob.length, true);
  view.setUint32(8, 7, true);
  for (const [index, descriptors] of [count, high.length, superSpeed.length].entries())
    view.setUint32(12 + 4 * index, descriptors, true);
  blob.set(bytes, 24);
  blob.set(two.subarray(16), 24 + bytes.length);
  blob.set(three.subarray(16), 24 + bytes.length + two.length - 16);
  return blob;
}

describe('descriptors that a kernel does not survive', () => {
  it.each([
    ['no full speed', encodeDescriptors({ high, super: superSpeed })],
    ['an eventfd, too', encodeDescriptors({ high, super: superSpeed, eventfd: 3 })],
    ['full speed with nothing', withFullSpeed(0, new Uint8Array())],
    ['full speed without endpoints', withFullSpeed(1, association)],
  ])('have endpoints for two faster speeds alone: %s', (_, blob) => {
    expect(lacksFullSpeed(blob)).toBe(true);
  });

  it.each([
    ['all speeds', encodeDescriptors({ full, high, super: superSpeed })],
    ['full speed and SuperSpeed', encodeDescriptors({ full, super: superSpeed })],
    ['one faster speed', encodeDescriptors({ high })],
    ['no endpoints at all', encodeDescriptors({ high: [face], super: [face] })],
    ['nonsense', new Uint8Array(30).fill(1)],
    ['a blob that ends too early', encodeDescriptors({ high, super: superSpeed }).subarray(0, 30)],
    ['a descriptor without length', withFullSpeed(1, new Uint8Array(4))],
    ['nothing', new Uint8Array()],
  ])('are no others: %s', (_, blob) => {
    expect(lacksFullSpeed(blob)).toBe(false);
  });
});
