import { describe, expect, it } from 'vitest';
import { formatStep } from './format.ts';
import { parseScenarios } from './parse.ts';
import { crc32, fillPattern } from './pattern.ts';

const requirement = (steps: string, needs = '') =>
  parseScenarios(`requirement some It holds.\nsource f_fs.c\n${needs}${steps}`)[0]!;
const steps = (text: string): string[] =>
  requirement(text).steps.map(({ operation, expected }) =>
    formatStep(operation, expected ?? '')
      .replace(/ +/g, ' ')
      .trim(),
  );

describe('given', () => {
  it('stands for the steps that scenarios begin with', () => {
    expect(steps('given fenced ep2 b0 4096 r\nunbind => 0')).toEqual([
      'bind => 0',
      'alloc b0 4096 => size=4096',
      'attach ep2 b0 => 0',
      'xfer ep2 b0 4096 => 0',
      'export s0 b0 r => 0',
      'unbind => 0',
    ]);
    expect(steps('given asked 0x41 0x52 2 0 4')).toEqual([
      'bind => 0',
      'events => ENABLE',
      'bg 0 hostctrl 0x41 0x52 2 0 4 => started',
      'sleep 100 => 0',
      'events => SETUP',
    ]);
  });

  it('needs what its steps need, besides what the requirement needs', () => {
    expect(requirement('given attached ep1 b0 4096').requirement?.needs).toEqual(['scatter-gather']);
    expect(requirement('given queued ep1 b0 4096', 'needs suspend\n').requirement?.needs).toEqual([
      'scatter-gather',
      'suspend',
    ]);
    expect(requirement('given enabled').requirement?.needs).toEqual([]);
  });

  it.each([
    ['given nothing', /there is no "given nothing"; there are enabled, asked/],
    ['given attached ep1 b0', /"given attached ep1 b0" should be: given attached EP BUFFER SIZE/],
    ['bind => 0\ngiven enabled', /"given" comes before the first operation/],
  ])('is refused with its line: %s', (text, message) => {
    expect(() => requirement(text)).toThrow(message);
  });
});

describe('a checksum', () => {
  const crcOf = (seed: number, from: number, to: number): string => {
    const bytes = new Uint8Array(to);
    fillPattern(bytes, seed);
    return crc32(bytes.subarray(from));
  };

  it('is named by the pattern whose bytes it is of', () => {
    expect(steps('hostin ep1 512 => 512 crc=seed:7')).toEqual([`hostin ep1 512 => 512 crc=${crcOf(7, 0, 512)}`]);
    expect(steps('hostin ep1 512 => 512 crc=seed:7+100')).toEqual([`hostin ep1 512 => 512 crc=${crcOf(7, 100, 612)}`]);
    expect(steps('crc b0 64 => seed:3/64')).toEqual([`crc b0 64 => ${crcOf(3, 0, 64)}`]);
    expect(steps('crc b0 => seed:zero/4096')).toEqual(['crc b0 => c71c0011']);
  });
});
