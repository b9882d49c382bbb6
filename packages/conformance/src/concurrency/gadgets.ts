import { isKernelError } from '@gadgetloom/core';
import type { Requirement } from '../requirements/requirement.ts';
import { encodeScenarioDescriptors, encodeScenarioStrings, scenarioGadget } from '../scenario/gadget.ts';
import { ScenarioSession } from '../scenario/session.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import { expectSame, ProofBench } from './proof-bench.ts';

/** Two stacks on one controller, and binding from callbacks. */
export const GADGETS: readonly Requirement[] = [
  {
    id: 'one-gadget-per-controller',
    sentence: 'A controller that has a gadget takes no other: EBUSY; it does when the first is unbound.',
    source:
      'udc/core.c, gadget_match_driver and usb_gadget_register_driver_owner; configfs.c, gadget_dev_desc_UDC_store',
    needs: [],
    proof: oneGadgetPerController,
  },
  {
    id: 'one-mount-per-instance',
    sentence: 'An instance is mounted once: EBUSY.',
    source: 'f_fs.c, ffs_fs_get_tree and ffs_acquire_dev',
    needs: [],
    proof: oneMountPerInstance,
  },
  {
    id: 'state-callback-unbinds',
    sentence: 'Whoever is told that the device is configured can unbind it there and then.',
    source: 'udc/core.c, usb_gadget_state_work and gadget_unbind_driver',
    needs: [],
    proof: stateCallbackUnbinds,
  },
];

/** The gadget of the scenarios once more, with an instance of its own. */
const OTHER = {
  ...scenarioGadget,
  name: 'other',
  configurations: [{ value: 1, functions: [{ type: 'ffs', instance: 'other' }] }],
};

async function oneGadgetPerController(stack: ScenarioStack): Promise<void> {
  await using session = await ScenarioSession.open(stack);
  const bench = new ProofBench(session);
  await bench.bind();
  await using other = await stack.controller.createGadget(OTHER);
  await using mount = await stack.functionFs.mount('other');
  const ep0 = await mount.openEp0();
  await ep0.write(encodeScenarioDescriptors());
  await ep0.write(encodeScenarioStrings());
  expectSame('binding another gadget', await outcomeOf(other.bind()), 'EBUSY');
  expectSame('the first is bound', session.gadget.bound, true);
  await session.gadget.unbind();
  await other.bind();
  await stack.host.configured();
  expectSame('binding the first again', await outcomeOf(session.gadget.bind()), 'EBUSY');
  await other.unbind();
  await bench.bind();
}

async function oneMountPerInstance(stack: ScenarioStack): Promise<void> {
  await using _ = await ScenarioSession.open(stack);
  const [{ functions }] = scenarioGadget.configurations as readonly [(typeof scenarioGadget.configurations)[0]];
  expectSame('mounting once more', await outcomeOf(stack.functionFs.mount(functions[0]!.instance)), 'EBUSY');
}

async function stateCallbackUnbinds(stack: ScenarioStack): Promise<void> {
  await using session = await ScenarioSession.open(stack);
  const bench = new ProofBench(session);
  const { controller } = stack;
  let unbound: Promise<void> | undefined;
  const watch = controller.onStateChange((state) => {
    if (state !== 'configured') return;
    watch[Symbol.dispose]();
    unbound = session.gadget.unbind();
  });
  await session.gadget.bind();
  await bench.until('a configured device', () => unbound !== undefined);
  await unbound;
  expectSame('the gadget is bound', session.gadget.bound, false);
  expectSame('the controller has', controller.function, undefined);
  await bench.bind();
  expectSame('the state', controller.state, 'configured');
}

/** Errno of a call that fails, `0` of one that does not. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return '0';
  } catch (failure) {
    if (!isKernelError(failure)) throw failure;
    return failure.code;
  }
}
