import { EVENT_SIZE } from '@gadgetloom/functionfs';
import { encodeScenarioDescriptors, encodeScenarioStrings, scenarioGadget } from '../scenario/gadget.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import { expectOutcome, untilClosed, withInstance } from './fresh-instance.ts';
import type { Requirement } from './requirement.ts';

const INSTANCE = scenarioGadget.configurations[0]!.functions[0]!.instance;

function expectBound(when: string, bound: boolean, expected: boolean): void {
  if (bound !== expected) throw new Error(`${when}, the gadget is ${bound ? '' : 'not '}bound.`);
}

/** Two files of endpoint 0 are one endpoint: what one writes, and reads, the other need not. */
async function openedTwice(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async ({ gadget, mount, ep0 }) => {
    using other = await mount.openEp0({ nonblock: true });
    await ep0.write(encodeScenarioDescriptors());
    await other.write(encodeScenarioStrings());
    await gadget.bind();
    await stack.host.configured();
    await ep0.read(new Uint8Array(EVENT_SIZE));
    await expectOutcome('an event that was read', 'EAGAIN', () => other.read(new Uint8Array(EVENT_SIZE)));
    ep0.close();
    expectBound('With one of two files closed', gadget.bound, true);
  });
}

/** An instance that is mounted so that it stays when its last file is closed, and is as new when one is opened. */
async function keptBound(stack: ScenarioStack): Promise<void> {
  await using gadget = await stack.controller.createGadget(scenarioGadget);
  await using mount = await stack.functionFs.mount(INSTANCE, { noDisconnect: true });
  {
    using ep0 = await mount.openEp0();
    await ep0.write(encodeScenarioDescriptors());
    await ep0.write(encodeScenarioStrings());
    await gadget.bind();
    await stack.host.configured();
  }
  await untilClosed(stack, { mount });
  expectBound('With all files closed', gadget.bound, true);
  // While it is bound, this call would never return: it holds the lock that unbinding takes (functionfs_unbind).
  await gadget.unbind();
  using again = await mount.openEp0();
  await expectOutcome('events of what is as new', 'EBADFD', () => again.read(new Uint8Array(EVENT_SIZE)));
}

/** How long an instance, and a gadget with it, lives. */
export const INSTANCE_LIFETIME: readonly Requirement[] = [
  {
    id: 'ep0-opened-twice',
    sentence:
      'Endpoint 0 can be open several times: each event is read once, and closing the last file resets the instance.',
    ...{ source: 'f_fs.c, ffs_ep0_open, ffs_data_opened and ffs_data_closed', needs: [], proof: openedTwice },
  },
  {
    id: 'close-last-kept',
    sentence:
      'Mounted with no_disconnect, a gadget stays bound without files; its function begins anew when it is opened.',
    ...{ source: 'f_fs.c, ffs_data_closed and ffs_data_opened (FFS_DEACTIVATED)', needs: [], proof: keptBound },
  },
];
