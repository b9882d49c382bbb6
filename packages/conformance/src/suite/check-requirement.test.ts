import { mock } from '@gadgetloom/backend-mock';
import { KernelError } from '@gadgetloom/core';
import { composePieces } from '@gadgetloom/gadget';
import { describe, expect, it } from 'vitest';
import type { Proof } from '../requirements/requirement.ts';
import { piecesTarget } from '../scenario/pieces-target.ts';
import { checkRequirement } from './check-requirement.ts';

const target = piecesTarget('mock', () => composePieces({ plugins: [mock()] }));

const check = (proof: Proof) =>
  checkRequirement({ id: 'some', sentence: 'It holds.', source: 'f_fs.c', needs: [], proof }, target, new Set());

describe('a proof', () => {
  it('that finds a difference fails with that', async () => {
    const result = await check(async () => {
      throw new Error('events: 0; should be 1');
    });
    expect(result).toMatchObject({ verdict: 'failed', difference: 'events: 0; should be 1' });
  });

  it.each([
    [
      'is refused something',
      new KernelError('EBUSY', 'bind', 'It is bound.'),
      /^KernelError: bind: EBUSY: [\s\S]*\n +at /,
    ],
    ['meets a fault of the backend', new TypeError('x is undefined'), /^TypeError: x is undefined\n +at /],
  ])('that %s says where', async (_, failure, difference) => {
    expect(await check(() => Promise.reject(failure))).toMatchObject({ difference: expect.stringMatching(difference) });
  });

  it('that never ends is given up', async () => {
    expect(await check(() => new Promise(() => {}))).toMatchObject({ difference: 'It never came to an end.' });
  });
});
