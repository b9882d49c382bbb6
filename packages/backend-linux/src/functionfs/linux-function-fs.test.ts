import { SystemClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { LinuxFunctionFs } from './linux-function-fs.ts';

describe('an instance', () => {
  it.each(['', '.', '..', 'a/b', '../data', 'a\0b'])(
    'is not mounted on a directory that is not its own: %j',
    async (name) => {
      using machine = new FakeMachine();
      using kernel = new LinuxKernel({ clock: new SystemClock(), paths: machine.paths });
      const mounting = new LinuxFunctionFs(kernel).mount(name);
      await expect(mounting).rejects.toMatchObject({
        code: 'EINVAL',
        message: expect.stringContaining('cannot be the name'),
      });
    },
  );
});
