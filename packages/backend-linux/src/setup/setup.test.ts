import { chmodSync, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isInputError, SystemClock } from '@gadgetloom/core';
import { loadAddon } from '@gadgetloom/linux-native';
import type { GadgetConfig } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import { applyGadget } from '../controller/apply-gadget.ts';
import { LinuxGadget } from '../controller/linux-gadget.ts';
import { findNote, noteGadget } from '../controller/ownership.ts';
import { writeWhole } from '../controller/whole-file.ts';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { accessOf, giveDevice, mayUse, ownershipOf, takeBack } from './access.ts';
import { aclOfMode, allowUser, readAcl, writeAcl } from './acl.ts';
import { findCleanables } from './clean-up.ts';
import { setUp, tearDown } from './set-up.ts';
import { allSetups, findSetup, type HandedOver, recordSetup, setupMount, setupOfInstance } from './setup-record.ts';

const addon = loadAddon();
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
      expect.stringMatching(/another description \(write idProduct\). Set it up again/),
    ]);
  });

  it('is used by one process at a time', async () => {
    using fake = machine();
    using kernel = kernelOf(fake);
    noteGadget(fake.paths, config, { borrowed: true });
    await expect(LinuxGadget.create(kernel, 'dummy_udc.0', config)).rejects.toThrow(
      new RegExp(`EBUSY: .*Process ${process.pid} uses the gadget`),
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

describe('a record of the wrong shape', () => {
  const almost = { gadget: 'scope', user: 'lab', uid, gid, pid: 1, started: '1', instances: ['data'] };
  const entry = { path: '/x', uid: 0, gid: 0, mode: 0, acl: [{ tag: 'toString', permissions: 4 }] };

  it.each([{ handedOver: [entry] }, { handedOver: [null] }, { handedOver: [], directory: 'x' }])(
    'may be wrong in its depth: %j',
    (part) => {
      using fake = machine();
      fake.write('setup/other.json', JSON.stringify({ ...almost, ...part }));
      expect(allSetups(fake.paths).map(({ gadget }) => gadget)).toEqual(['scope']);
    },
  );
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
  const stranger = { name: 'lab', uid: 54_321, gid: 54_321, groups: [54_321] };
  const other = { name: 'other', uid: 54_322, gid: 54_322, groups: [54_322] };
  /** Somebody of the group that owns the device. */
  const member = { name: 'member', uid: 54_323, gid: 54_323, groups: [gid] };

  function device(mode: number): { fake: FakeMachine; path: string; may: (one: typeof stranger) => boolean } {
    const fake = new FakeMachine();
    const path = fake.write('dev/dma_heap/system');
    chmodSync(path, mode);
    return { fake, path, may: (one) => mayUse(addon, path, one) };
  }

  it.each([0o600, 0o640, 0o660, 0o664, 0o620])(
    'is given to one user and taken back, and nobody else notices (%o)',
    (mode) => {
      const { fake, path, may } = device(mode);
      using _ = fake;
      const before = accessOf(addon, path);
      const others = (): boolean[] => [may(other), may(member)];
      const expected = others();
      expect(may(stranger)).toBe(false);
      giveDevice(addon, before, stranger);
      expect([may(stranger), statSync(path).gid, ...others()]).toEqual([true, before.gid, ...expected]);
      takeBack(addon, before, stranger.uid);
      expect([may(stranger), accessOf(addon, path), readAcl(addon, path)]).toEqual([false, before, 'none']);
    },
  );

  it.each(['first', 'second'])('of two users is taken from the %s alone', (which) => {
    const { fake, path, may } = device(0o640);
    using _ = fake;
    const original = accessOf(addon, path);
    giveDevice(addon, original, stranger);
    const between = accessOf(addon, path);
    giveDevice(addon, between, other);
    expect([may(stranger), may(other)]).toEqual([true, true]);
    const steps: readonly [HandedOver, typeof stranger][] = [
      [original, stranger],
      [between, other],
    ];
    const [[first, leaves], [second, stays]] = which === 'first' ? [steps[0]!, steps[1]!] : [steps[1]!, steps[0]!];
    takeBack(addon, first, leaves.uid);
    expect([may(leaves), may(stays)]).toEqual([false, true]);
    takeBack(addon, second, stays.uid);
    expect([accessOf(addon, path), readAcl(addon, path)]).toEqual([original, 'none']);
  });

  it('leaves what others put into the access control list before, and in the meantime', () => {
    const { fake, path, may } = device(0o600);
    using _ = fake;
    writeAcl(addon, path, allowUser(aclOfMode(0o600), other.uid));
    const before = accessOf(addon, path);
    giveDevice(addon, before, stranger);
    expect([may(stranger), may(other)]).toEqual([true, true]);
    writeAcl(addon, path, allowUser(accessOf(addon, path).acl!, 54_400));
    takeBack(addon, before, stranger.uid);
    expect(accessOf(addon, path).acl).toEqual(allowUser(before.acl!, 54_400));
  });

  it('gives an entry back that the user had before', () => {
    const { fake, path, may } = device(0o600);
    using _ = fake;
    const reading = allowUser(aclOfMode(0o600), stranger.uid).map((entry) =>
      entry.tag === 'user' || entry.tag === 'mask' ? { ...entry, permissions: 4 } : entry,
    );
    writeAcl(addon, path, reading);
    const before = accessOf(addon, path);
    giveDevice(addon, before, stranger);
    expect(may(stranger)).toBe(true);
    takeBack(addon, before, stranger.uid);
    expect(accessOf(addon, path)).toEqual(before);
  });

  it('takes from no group where there are no access control lists', () => {
    const { fake, path } = device(0o660);
    using _ = fake;
    expect(() => giveDevice(addon, ownershipOf(path), stranger)).toThrow(/EOPNOTSUPP.*Make lab a member of that group/);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    chmodSync(path, 0o600);
    const before = ownershipOf(path);
    giveDevice(addon, before, { ...stranger, gid });
    expect(statSync(path).mode & 0o777).toBe(0o660);
    takeBack(addon, before, stranger.uid);
    expect(ownershipOf(path)).toEqual(before);
  });

  it('may be there already, by owner, group or for everybody', () => {
    for (const [mode, one, expected] of [
      [0o600, { ...stranger, uid: uid === 0 ? 54_321 : uid }, uid !== 0],
      [0o060, member, true],
      [0o060, stranger, false],
      [0o006, stranger, true],
      [0o040, member, false],
      [0o046, member, false],
    ] as const) {
      const { fake, may } = device(mode);
      using _ = fake;
      expect(may(one)).toBe(expected);
    }
  });
});

describe('root, who sets up', () => {
  /** Anybody else may not hand files over, and is told so. */
  const byRoot = async (steps: () => Promise<void>): Promise<void> => {
    if (uid === 0) await steps();
    else await expect(steps()).rejects.toThrow('EPERM');
  };
  const user = { name: 'lab', uid: 54_321, gid: 54_321, groups: [54_321] };
  const other = { name: 'other', uid: 54_322, gid: 54_322, groups: [54_322] };
  const named = (name: string): GadgetConfig => ({ ...config, name, configurations: [{ value: 1, functions: [] }] });

  function board(): FakeMachine {
    const fake = new FakeMachine();
    processStarted(fake, process.pid, '100');
    fake.controller('fe800000.usb', 'dwc3-gadget', { soft_connect: '' });
    chmodSync(fake.write('dev/dma_heap/system'), 0o660);
    for (const name of ['scope', 'meter']) {
      applyGadget(fake.configFiles(name), named(name));
      recordSetup(fake.paths, { gadget: name, user: 'root', uid: 0, gid: 0, instances: [], handedOver: [] });
    }
    return fake;
  }

  it('takes nothing that the user needs for another gadget, and in the end everything', () =>
    byRoot(async () => {
      using fake = board();
      using kernel = kernelOf(fake);
      const paths = ['sys/class/udc/fe800000.usb/soft_connect', 'dev/dma_heap/system'].map((path) =>
        join(fake.root, path),
      );
      const before = paths.map((path) => accessOf(addon, path));
      for (const name of ['scope', 'meter']) setUp(kernel, { config: named(name), user });
      expect(paths.map((path) => mayUse(addon, path, user))).toEqual([true, true]);
      // A temporary folder cannot remove what configfs removes by itself.
      for (const name of ['scope', 'meter']) fake.remove(`config/usb_gadget/${name}`);
      await tearDown(kernel, findSetup(fake.paths, 'scope')!);
      expect(paths.map((path) => mayUse(addon, path, user))).toEqual([true, true]);
      await tearDown(kernel, findSetup(fake.paths, 'meter')!);
      expect(paths.map((path) => accessOf(addon, path))).toEqual(before);
    }));

  it('takes nothing from the user of another gadget', () =>
    byRoot(async () => {
      using fake = board();
      using kernel = kernelOf(fake);
      setUp(kernel, { config: named('scope'), user });
      const steps = setUp(kernel, { config: named('meter'), user: other });
      expect(steps.map(({ what }) => what)).toContainEqual(
        expect.stringMatching(/^only lab may connect and disconnect/),
      );
      expect(statSync(join(fake.root, 'sys/class/udc/fe800000.usb/soft_connect')).uid).toBe(user.uid);
      const heap = join(fake.root, 'dev/dma_heap/system');
      expect([mayUse(addon, heap, user), mayUse(addon, heap, other)]).toEqual([true, true]);
    }));

  it('takes everything back from the user before, when another one gets the gadget', () =>
    byRoot(async () => {
      using fake = board();
      using kernel = kernelOf(fake);
      setUp(kernel, { config: named('scope'), user });
      setUp(kernel, { config: named('scope'), user: other });
      const heap = join(fake.root, 'dev/dma_heap/system');
      expect([mayUse(addon, heap, user), mayUse(addon, heap, other)]).toEqual([false, true]);
      expect(statSync(join(fake.paths.configfs, 'usb_gadget/scope/UDC')).uid).toBe(other.uid);
    }));
});
