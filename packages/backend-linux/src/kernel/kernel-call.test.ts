import { closeSync, openSync } from 'node:fs';
import { Errno } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { fileCall, refusal } from './kernel-call.ts';

describe('the error of a system call', () => {
  it('says what to do, in the words of the call', () => {
    expect(refusal(-Errno.EBUSY, 'bind', { EBUSY: 'Unbind first.' })).toMatchObject({
      code: 'EBUSY',
      message: 'bind: EBUSY: Unbind first.',
    });
  });

  it.each([
    ['EMFILE', 'ulimit -n'],
    ['ENFILE', 'fs.file-max'],
  ] as const)('says what to do about %s, whatever the call was', (code, words) => {
    expect(refusal(-Errno[code], 'dup').message).toContain(words);
  });

  it('is the same from Node', () => {
    const open = () => closeSync(openSync('/nowhere/at/all', 'r'));
    expect(() => fileCall('open it', open, { ENOENT: 'Make it.' })).toThrow('open it: ENOENT: Make it.');
  });
});
