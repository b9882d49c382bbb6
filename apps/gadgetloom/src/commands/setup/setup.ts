import { LinuxKernel, setUp } from '@gadgetloom/backend-linux';
import { SystemClock } from '@gadgetloom/core';
import { gadgetConfig } from '@gadgetloom/gadget';
import { readGadget } from '../../gadget-file.ts';
import { requireRoot } from '../../root.ts';
import { findUser } from '../../system-user.ts';
import type { Output } from '../../terminal/output.ts';

/** Options of the command line. */
export interface SetupOptions {
  readonly user: string;
  readonly controller?: string;
  readonly json?: boolean;
}

/** `gadgetloom setup`: prepares the machine as root, so that a user can run the gadget. @returns exit status */
export async function setup(
  file: string | undefined,
  { user: name, controller, json }: SetupOptions,
  output: Output,
): Promise<number> {
  const { definition, file: gadgetFile } = await readGadget(file);
  requireRoot('setup', 'it makes the gadget, mounts its functions and hands them over');
  const user = await findUser(name);
  using kernel = new LinuxKernel({ clock: new SystemClock() });
  const steps = setUp(kernel, {
    config: gadgetConfig(definition),
    user,
    choice: { virtual: true, ...(controller !== undefined && { controller }) },
  });
  if (json) {
    output.line(JSON.stringify({ user: user.name, gadget: gadgetFile, steps }, undefined, 2));
    return 0;
  }
  for (const { what, done } of steps) output.line(`${done ? 'done' : 'as it was'}`.padEnd(11) + what, 11);
  const argument = file === undefined ? '' : ` ${file}`;
  output.line(
    `${user.name} can run it now: gadgetloom run --backend linux${argument}\n` +
      'This lasts until the machine restarts, or until `gadgetloom clean --setup`.',
    0,
  );
  return 0;
}
