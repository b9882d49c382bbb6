import { type ErrnoCode, isKernelError, MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import type { Ep0File, FunctionFsMount } from '@gadgetloom/functionfs';
import type { GadgetConfig, UsbGadget } from '@gadgetloom/udc';
import { scenarioGadget } from '../scenario/gadget.ts';
import type { ScenarioStack } from '../scenario/target.ts';

/** A gadget with an instance of FunctionFS that nothing was written to yet. */
export interface FreshInstance {
  readonly gadget: UsbGadget;
  readonly mount: FunctionFsMount;
  readonly ep0: Ep0File;
}

/** Does something with a new instance, and takes it away again. */
export async function withInstance<Result>(
  stack: ScenarioStack,
  act: (instance: FreshInstance) => Promise<Result>,
  config: GadgetConfig = scenarioGadget,
): Promise<Result> {
  await using gadget = await stack.controller.createGadget(config);
  await using mount = await stack.functionFs.mount(config.configurations[0]!.functions[0]!.instance);
  using ep0 = await mount.openEp0();
  return await act({ gadget, mount, ep0 });
}

/** @throws Error there are other files in the mount */
export async function expectFiles({ mount }: Pick<FreshInstance, 'mount'>, expected: string): Promise<void> {
  const files = [...(await mount.files())].sort().join(' ');
  if (files !== expected) throw new Error(`There are the files ${files}, and should be ${expected}.`);
}

/** Waits until nothing but ep0 is left: the last file may be closed on another thread. */
export async function untilClosed(stack: ScenarioStack, instance: Pick<FreshInstance, 'mount'>): Promise<void> {
  const end = stack.clock.now() + SECOND;
  while ((await instance.mount.files()).length > 1 && stack.clock.now() < end) await sleep(stack.clock, MILLISECOND);
  await expectFiles(instance, 'ep0');
}

/** @throws Error the call ends otherwise: `'0'` is success */
export async function expectOutcome(
  what: string,
  expected: '0' | ErrnoCode,
  call: () => unknown | Promise<unknown>,
): Promise<void> {
  let found = '0';
  let because = '';
  try {
    await call();
  } catch (failure) {
    if (!isKernelError(failure)) throw failure;
    found = failure.code;
    because = ` (${failure.message})`;
  }
  if (found !== expected) throw new Error(`${what}: ${found}${because} instead of ${expected}.`);
}
