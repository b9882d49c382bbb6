import { chmodSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isInputError, SystemClock } from '@gadgetloom/core';
import type { GadgetConfig } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import { applyGadget } from '../controller/apply-gadget.ts';
import { LinuxGadget } from '../controller/linux-gadget.ts';
import { findNote, noteGadget } from '../controller/ownership.ts';
import { writeWhole } from '../controller/whole-file.ts';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { accessOf, giveDevice, mayUse, takeBack } from './access.ts';
import { findCleanables } from './clean-up.ts';
import { allSetups, findSetup, recordSetup, setupMount, setupOfInstance } from './setup-record.ts';

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

const config: GadgetConfig = {
  name: 'scope',
  vendorId: 1,
  productId: 2,
  configurations: [{ value: 1, functions: [{ type: 'ffs', instance: 'data' }] }],
};

/** A machine on which the gadget was set up for a user. */
function machine(user = uid): FakeMachine {
  const fake = new FakeMachine();
  processStarted(fake, process.pid, '100');
  applyGadget(fake.configFiles('scope'), config);
  recordSetup(fake.paths, { gadget: 'scope', user: 'lab', uid: user, gid, instances: ['data'], handedOver: [] });
  return fake;
}

function processStarted(fake: FakeMachine, pid: number, started: string): void {
  const fields = ['S', ...Array.from({ length: 18 }, () => '0'), started, '0'];
  fake.write(`proc/${pid}/stat`, `${pid} (node) ${fields.join(' ')}\n`);
}

const kernelOf = ({ paths }: FakeMachine): LinuxKernel => new LinuxKernel({ clock: new SystemClock(), paths });

describe('a gadget that was set up', () => {
  it('is used as it is, and stays', async () => {
    using fake = machine();
    using kernel = kernelOf(fake);
    const gadget = await LinuxGadget.create(kernel, 'dummy_udc.0', config);
    expect(findNote(fake.paths, 'scope')).toMatchObject({ pid: process.pid, borrowed: true });
    await gadget[Symbol.asyncDispose]();
    expect(existsSync(join(fake.paths.configfs, 'usb_gadget/scope/functions/ffs.data'))).toBe(true);
    expect(findNote(fake.paths, 'scope')).toBeUndefined();
    expect(findSetup(fake.paths, 'scope')).toMatchObject({ user: 'lab' });
  });

  it('knows where its functions are mounted', () => {
    using fake = machine();
    expect(setupOfInstance(fake.paths, 'data')).toBeUndefined();
    fake.write('setup/scope/data/ep0');
    expect(setupOfInstance(fake.paths, 'data')).toBe(setupMount(fake.paths, 'scope', 'data'));
    expect(setupOfInstance(fake.paths, 'other')).toBeUndefined();
  });

  it('has to be what the program describes', async () => {
    using fake = machine();
    using kernel = kernelOf(fake);
    const refused = await LinuxGadget.create(kernel, 'dummy_udc.0', { ...config, productId: 3 }).catch(
      (error) => error,
    );
    expect([isInputError(refused), refused.message]).toEqual([
      true,
      expect.stringMatching(/another description \(write idProduct\); set it up again/),
    ]);
  });

  it('is used by one process at a time', async () => {
    using fake = machine();
    using kernel = kernelOf(fake);
    noteGadget(fake.paths, config, { borrowed: true });
    await expect(LinuxGadget.create(kernel, 'dummy_udc.0', config)).rejects.toThrow(
      new RegExp(`EBUSY: .*Process ${process.pid} uses it`),
    );
  });

  it('is no leftover, unless what was set up is asked for', () => {
    using fake = machine();
    using kernel = kernelOf(fake);
    expect(findCleanables(kernel)).toEqual([]);
    expect(findCleanables(kernel, { setup: true }).map(({ what }) => what)).toEqual([
      'gadget "scope", which was set up for lab',
    ]);
  });
});

describe('a gadget of somebody else', () => {
  /** The gadget is gone, and somebody made another one of its name. */
  function replaced(fake: FakeMachine): void {
    const path = join(fake.paths.configfs, 'usb_gadget/scope');
    renameSync(path, join(fake.root, 'old'));
    mkdirSync(join(path, 'functions/acm.theirs'), { recursive: true });
  }

  it('stays, where a process of this project had left one of that name', async () => {
    using fake = new FakeMachine();
    using kernel = kernelOf(fake);
    const files = fake.configFiles('scope');
    processStarted(fake, process.pid, '100');
    applyGadget(files, config);
    noteGadget(fake.paths, config, { directory: files.directory });
    processStarted(fake, process.pid, '200');
    replaced(fake);
    for (const { remove } of findCleanables(kernel)) await remove();
    expect(files.exists('functions/acm.theirs')).toBe(true);
    expect(findCleanables(kernel)).toEqual([]);
    await expect(LinuxGadget.create(kernel, 'dummy_udc.0', config)).rejects.toThrow('EEXIST');
    expect(files.exists('functions/acm.theirs')).toBe(true);
  });

  it('stays, where one of that name was set up', async () => {
    using fake = machine();
    using kernel = kernelOf(fake);
    const { directory } = fake.configFiles('scope');
    recordSetup(fake.paths, { ...findSetup(fake.paths, 'scope')!, directory: directory! });
    replaced(fake);
    await expect(LinuxGadget.create(kernel, 'dummy_udc.0', config)).rejects.toThrow('EEXIST');
    for (const { remove } of findCleanables(kernel, { setup: true })) await remove();
    expect(fake.configFiles('scope').exists('functions/acm.theirs')).toBe(true);
    expect(allSetups(fake.paths)).toEqual([]);
  });
});

describe('a file that is written wholly', () => {
  it('takes the place of what was there, and leaves no draft where it cannot', () => {
    using fake = new FakeMachine();
    const path = fake.write('setup/scope.json', 'before');
    writeWhole(path, 'later');
    expect(fake.read('setup/scope.json')).toBe('later');
    const occupied = join(fake.root, 'occupied');
    fake.write('occupied/by');
    expect(() => writeWhole(occupied, 'later')).toThrow(/^write .*occupied: (EISDIR|ENOTEMPTY)/);
    expect(existsSync(`${occupied}.new`)).toBe(false);
  });
});

describe('a record', () => {
  it('that cannot be read is none', () => {
    using fake = machine();
    fake.write('setup/scope.json', '{"gadget":');
    expect([findSetup(fake.paths, 'scope'), allSetups(fake.paths)]).toEqual([undefined, []]);
  });
});

describe('what a process left behind', () => {
  it('is found by its note, with its mounts, and empty mount points without one', async () => {
    using fake = new FakeMachine();
    using kernel = kernelOf(fake);
    processStarted(fake, process.pid, '100');
    noteGadget(fake.paths, config);
    mkdirSync(join(fake.paths.run[0]!, 'ffs/old'), { recursive: true });
    fake.write('run/ffs/busy/ep0');
    expect(findCleanables(kernel).map(({ what }) => what)).toEqual([
      expect.stringMatching(/^empty mount point .*run\/ffs\/old$/),
    ]);
    processStarted(fake, process.pid, '200');
    const [gadget, mountPoint] = findCleanables(kernel);
    expect(gadget?.what).toBe(
      `gadget "scope" of process ${process.pid}, which ended without removing it, with FunctionFS "data"`,
    );
    await mountPoint?.remove();
    expect(existsSync(join(fake.paths.run[0]!, 'ffs/old'))).toBe(false);
    expect(existsSync(join(fake.paths.run[0]!, 'ffs/busy'))).toBe(true);
  });
});

describe('the right to use a device', () => {
  const stranger = { name: 'lab', uid: 54_321, gid, groups: [gid] };

  it('is given to the group of the user, and taken back', () => {
    using fake = new FakeMachine();
    const path = fake.write('dev/dma_heap/system');
    chmodSync(path, 0o600);
    expect(mayUse(path, stranger)).toBe(false);
    const before = accessOf(path);
    giveDevice(before, stranger);
    expect([mayUse(path, stranger), statSync(path).mode & 0o777]).toEqual([true, 0o660]);
    takeBack(before);
    expect([mayUse(path, stranger), statSync(path).mode & 0o777]).toEqual([false, 0o600]);
  });

  it('may be there already, by owner, group or for everybody', () => {
    using fake = new FakeMachine();
    const path = fake.write('dev/udmabuf');
    for (const [mode, one, expected] of [
      [0o600, { ...stranger, uid }, true],
      [0o060, stranger, true],
      [0o060, { ...stranger, gid: 54_321, groups: [] }, false],
      [0o006, { ...stranger, gid: 54_321, groups: [] }, true],
      [0o040, stranger, false],
    ] as const) {
      chmodSync(path, mode);
      expect(mayUse(path, one)).toBe(expected);
    }
  });
});
