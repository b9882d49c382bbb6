import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import { runDirectory } from '../kernel/run-directory.ts';
import { allNotes, findNote, forgetGadget, noteGadget, ownerLives, strangeNotes } from './ownership.ts';

const config = { name: 'scope', vendorId: 1, productId: 2, configurations: [] };

function stat(started: number): string {
  return `1 (a (strange) name) S ${'0 '.repeat(18)}${started} 0`;
}

describe('the owner of a gadget', () => {
  it('lives as long as its process does', () => {
    using fake = new FakeMachine();
    fake.write(`proc/${process.pid}/stat`, stat(700));
    noteGadget(fake.paths, config);
    const [note] = allNotes(fake.paths);
    expect(ownerLives(fake.paths, note!)).toBe(true);
    fake.write(`proc/${process.pid}/stat`, stat(701)); // the number was used again
    expect(ownerLives(fake.paths, note!)).toBe(false);
    fake.remove(`proc/${process.pid}`);
    expect(ownerLives(fake.paths, note!)).toBe(false);
  });

  it('is the worker, in a process that has workers', () => {
    using fake = new FakeMachine();
    const task = `${process.pid}/task/4711`;
    fake.write(`proc/${process.pid}/stat`, stat(700));
    fake.write(`proc/${task}/stat`, stat(900));
    symlinkSync(task, join(fake.paths.proc, 'thread-self'));
    noteGadget(fake.paths, config);
    const [note] = allNotes(fake.paths);
    expect(note).toMatchObject({ pid: process.pid, thread: 4711 });
    expect(ownerLives(fake.paths, note!)).toBe(true);
    fake.remove(`proc/${task}`);
    expect(ownerLives(fake.paths, note!)).toBe(false);
  });

  it('is not taken for dead where nobody may look', () => {
    using fake = new FakeMachine();
    fake.write(`proc/${process.pid}/stat`, stat(700));
    noteGadget(fake.paths, config);
    const [note] = allNotes(fake.paths);
    fake.remove(`proc/${process.pid}/stat`);
    fake.write(`proc/${process.pid}/stat/unreadable`);
    expect(() => ownerLives(fake.paths, note!)).toThrow('EISDIR');
  });
});

describe('a note', () => {
  it('is none as long as it is a draft, which whoever is killed leaves behind', () => {
    using fake = new FakeMachine();
    noteGadget(fake.paths, config);
    const path = join(runDirectory(fake.paths, 'gadgets'), 'scope.json');
    copyFileSync(path, `${path}.new`);
    expect(allNotes(fake.paths)).toHaveLength(1);
    forgetGadget(fake.paths, 'scope');
    expect(allNotes(fake.paths)).toEqual([]);
  });
});

describe('a file among the notes', () => {
  it.each(['null', '7', '[]', '{}', '{"gadget":"other","pid":"1","started":"1","instances":[]}', 'no JSON'])(
    'is told and skipped if it is no note: %s',
    (text) => {
      using fake = new FakeMachine();
      fake.write(`proc/${process.pid}/stat`, stat(700));
      noteGadget(fake.paths, config);
      const path = join(runDirectory(fake.paths, 'gadgets'), 'other.json');
      writeFileSync(path, text);
      expect(allNotes(fake.paths).map(({ gadget }) => gadget)).toEqual(['scope']);
      expect(findNote(fake.paths, 'other')).toBeUndefined();
      expect(strangeNotes(fake.paths)).toEqual([path]);
    },
  );
});
