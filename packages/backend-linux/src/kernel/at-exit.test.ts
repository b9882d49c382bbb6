import { describe, expect, it, vi } from 'vitest';
import type { LeftAtExit } from './at-exit.ts';

// A list of its own: other tests that run in this process may have left something on theirs.
vi.resetModules();
const { atExit } = await import('./at-exit.ts');

/** Does what the process does when it exits, as far as this is concerned. */
function exit(listenersBefore: readonly unknown[]): void {
  for (const listener of process.listeners('exit')) if (!listenersBefore.includes(listener)) listener(0);
}

describe('what a process leaves when it exits', () => {
  it('is unbound, then closed, then removed, all of it', () => {
    const before = process.listeners('exit');
    const steps: string[] = [];
    const gadget: LeftAtExit = { unbindNow: () => steps.push('unbind'), removeNow: () => steps.push('remove') };
    const mount: LeftAtExit = { closeNow: () => steps.push('close') };
    atExit.add(mount);
    atExit.add(gadget);
    exit(before);
    expect(steps).toEqual(['unbind', 'close', 'remove']);
    atExit.forget(mount);
    atExit.forget(gadget);
  });

  it('is removed also when something before it cannot be', () => {
    const before = process.listeners('exit');
    const removed: string[] = [];
    const stubborn: LeftAtExit = {
      removeNow: () => {
        throw new Error('EBUSY');
      },
    };
    const other: LeftAtExit = { removeNow: () => removed.push('other') };
    atExit.add(stubborn);
    atExit.add(other);
    exit(before);
    expect(removed).toEqual(['other']);
    atExit.forget(stubborn);
    atExit.forget(other);
  });

  it('is nothing, and nobody listens, once everything has been removed', () => {
    const before = process.listeners('exit');
    const thing: LeftAtExit = {};
    atExit.add(thing);
    expect(process.listeners('exit')).toHaveLength(before.length + 1);
    atExit.forget(thing);
    atExit.forget(thing);
    expect(process.listeners('exit')).toEqual(before);
  });
});
