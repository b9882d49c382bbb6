import { describe, expect, it } from 'vitest';
import { Progress } from './progress.mjs';

function rig(isTTY: boolean) {
  const output = { written: '', time: 0, isTTY, columns: 12, write: (text: string) => (output.written += text) };
  return Object.assign(output, { progress: new Progress(output, () => output.time) });
}

describe('on a terminal, progress', () => {
  it('redraws one line, cut to the width of the terminal, ten times a second at most', () => {
    const output = rig(true);
    output.progress.show('1 of 3');
    output.time = 50;
    output.progress.show('2 of 3');
    output.time = 100;
    output.progress.show('3 of 3, and more');
    expect(output.written).toBe('\r\x1b[K1 of 3\r\x1b[K3 of 3, and');
  });

  it('leaves no line behind', () => {
    const output = rig(true);
    output.progress.clear();
    output.progress.show('1 of 3');
    output.progress.clear();
    output.progress.clear();
    expect(output.written).toBe('\r\x1b[K1 of 3\r\x1b[K');
  });
});

describe('elsewhere, progress', () => {
  it('prints the first state, and then one every 15 seconds at most', () => {
    const output = rig(false);
    for (const seconds of [0, 1, 14, 15, 29, 31]) {
      output.time = seconds * 1000;
      output.progress.show(`${seconds} s`);
    }
    output.progress.clear();
    expect(output.written).toBe('0 s\n15 s\n31 s\n');
  });
});
