import { mock } from '@gadgetloom/backend-mock';
import { KernelError, SECOND, sleep } from '@gadgetloom/core';
import { composePieces } from '@gadgetloom/gadget';
import { describe, expect, it } from 'vitest';
import type { Proof } from '../requirements/requirement.ts';
import { parseScenarios } from '../scenario/parse.ts';
import { piecesTarget } from '../scenario/pieces-target.ts';
import { checkRequirement } from './check-requirement.ts';
import type { StrayErrors } from './stray-errors.ts';

const target = piecesTarget('mock', () => composePieces({ plugins: [mock()] }));

const check = (proof: Proof) =>
  checkRequirement({ id: 'some', sentence: 'It holds.', source: 'f_fs.c', needs: [], proof }, target, new Set());

describe('a scenario', () => {
  const [scenario] = parseScenarios(`
scenario wrong
  state                                    => not attached
  state                                    => attached
  events
  unbind                                   => 0
  state                                    => not attached
  state                                    => powered
  state                                    => not attached
  state                                    => default
`);

  it('that differs shows its steps up to the third difference, and why they were refused', async () => {
    const requirement = { id: 'wrong', sentence: 'It is.', source: 'f_fs.c', needs: [], proof: scenario! };
    const result = await checkRequirement(requirement, target, new Set());
    expect('difference' in result && result.difference.split('\n').map((line) => line.replace(/ +=>/, ' =>'))).toEqual([
      '   state => not attached',
      '-  state => attached',
      '+  state => not attached',
      '   events => EAGAIN',
      '-  unbind => 0',
      '+  unbind => ENODEV',
      expect.stringMatching(/^ {3}unbind scenario: ENODEV: the gadget is not bound/),
      '   state => not attached',
      '-  state => powered',
      '+  state => not attached',
      '1 more step differs.',
    ]);
  });
});

describe('a scenario with a given', () => {
  it('shows which of its steps differs', async () => {
    const [scenario] = parseScenarios('scenario wrong\ngiven enabled\nstate => attached');
    const highSpeed = piecesTarget('mock', () => composePieces({ plugins: [mock({ speed: 'high' })] }));
    const steps = scenario!.steps.map((step) => (step.verb === 'events' ? { ...step, expected: 'DISABLE' } : step));
    const requirement = { id: 'wrong', sentence: 'It is.', source: 'f_fs.c', needs: [] };
    const result = await checkRequirement({ ...requirement, proof: { ...scenario!, steps } }, highSpeed, new Set());
    expect('difference' in result && result.difference.split('\n').map((line) => line.replace(/ +=>/, ' =>'))).toEqual([
      '   bind => 0',
      '-  events => DISABLE',
      '+  events => ENABLE',
      '-  state => attached',
      '+  state => configured',
    ]);
  });
});

describe('an error that nobody catches', () => {
  /** A program that dies of it, if nobody watches. */
  function program() {
    const listeners = new Set<(error: Error) => void>();
    return {
      strays: (tell: (error: Error) => void) => {
        listeners.add(tell);
        return { [Symbol.dispose]: () => void listeners.delete(tell) };
      },
      stray: (text: string) => {
        if (listeners.size === 0) throw new Error('Nobody watches.');
        for (const tell of listeners) tell(new Error(text));
      },
      watched: () => listeners.size > 0,
    };
  }
  const checkWith = (proof: Proof, strays: StrayErrors) =>
    checkRequirement(
      { id: 'some', sentence: 'It holds.', source: 'f_fs.c', needs: [], proof },
      target,
      new Set(),
      strays,
    );

  it('is a failure of what is being shown, which may end by itself first', async () => {
    const { strays, stray, watched } = program();
    let ended = false;
    const result = await checkWith(async ({ clock }) => {
      stray('a timer threw');
      await sleep(clock, SECOND);
      ended = true;
    }, strays);
    expect([result, ended, watched()]).toEqual([expect.objectContaining({ difference: 'a timer threw' }), true, false]);
  });

  it('is waited for at the end', async () => {
    const { strays, stray } = program();
    const result = await checkWith(async () => void setTimeout(() => stray('late'), 0), strays);
    expect(result).toMatchObject({ verdict: 'failed', difference: 'late' });
  });

  it('ends what would never come back', async () => {
    const { strays, stray } = program();
    const result = await checkWith(() => {
      queueMicrotask(() => stray('nothing is left to wait for'));
      return new Promise(() => {});
    }, strays);
    expect(result).toMatchObject({ difference: 'nothing is left to wait for' });
  });

  it('does not hide what a proof says, nor that it holds', async () => {
    const { strays } = program();
    expect(await checkWith(() => Promise.reject(new Error('no')), strays)).toMatchObject({ difference: 'no' });
    expect(await checkWith(async () => {}, strays)).toMatchObject({ verdict: 'passed' });
  });
});

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
    expect(await check(() => new Promise(() => {}))).toMatchObject({ difference: 'The proof did not end.' });
  });
});
