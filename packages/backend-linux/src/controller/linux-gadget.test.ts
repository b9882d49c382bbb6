import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '@gadgetloom/core';
import type { GadgetConfig } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { findLeftovers } from './leftovers.ts';
import { LinuxGadget } from './linux-gadget.ts';
import { findNote, noteGadget } from './ownership.ts';

const config: GadgetConfig = {
  name: 'scope',
  vendorId: 1,
  productId: 2,
  configurations: [{ value: 1, functions: [{ type: 'ffs', instance: 'data' }] }],
};

/** A machine on which this process is process `pid`, started at `started`. */
function machine(started: string): FakeMachine {
  const fake = new FakeMachine();
  const fields = ['S', ...Array.from({ length: 18 }, () => '0'), started, '0'];
  fake.write(`proc/${process.pid}/stat`, `${process.pid} (a) b c) ${fields.join(' ')}\n`);
  return fake;
}

describe('a gadget of somebody else', () => {
  it('is not touched', async () => {
    using fake = machine('100');
    using kernel = new LinuxKernel({ clock: new SystemClock(), paths: fake.paths });
    mkdirSync(join(fake.paths.configfs, 'usb_gadget/scope/functions'), { recursive: true });
    await expect(LinuxGadget.create(kernel, 'dummy_udc.0', config)).rejects.toThrow(/^mkdir .*scope: EEXIST/);
    expect(findNote(fake.paths, 'scope')).toBeUndefined();
    expect(findLeftovers(kernel)).toEqual([]);
  });
});

describe('a note', () => {
  it('tells a process that runs from one that had the same number', () => {
    using fake = machine('100');
    using kernel = new LinuxKernel({ clock: new SystemClock(), paths: fake.paths });
    noteGadget(fake.paths, config);
    expect(findLeftovers(kernel)).toEqual([]);
    const fields = ['S', ...Array.from({ length: 18 }, () => '0'), '200', '0'];
    fake.write(`proc/${process.pid}/stat`, `${process.pid} (node) ${fields.join(' ')}\n`);
    expect(findLeftovers(kernel)).toEqual([{ gadget: 'scope', pid: process.pid, started: '100', instances: ['data'] }]);
  });

  it('that cannot be read is nobody’s gadget', () => {
    using fake = machine('100');
    using kernel = new LinuxKernel({ clock: new SystemClock(), paths: fake.paths });
    noteGadget(fake.paths, config);
    fake.write('run/gadgets/scope.json', '{"gadget":');
    expect(findLeftovers(kernel)).toEqual([]);
  });
});
