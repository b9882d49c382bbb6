import { encodeScenarioDescriptors, encodeScenarioStrings } from '../scenario/gadget.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import { both, bulk, iface } from './blobs.ts';
import { expectOutcome, withInstance } from './fresh-instance.ts';
import { type Requirement, type RequirementGroup, readRequirements } from './requirement.ts';

/** What scenarios show. */
const CALLS = readRequirements(
  'controller',
  'The controller',
  `
requirement bind-configured The host finds and configures a bound gadget.
source udc/core.c, gadget_bind_driver; composite.c, set_config
  bind                                     => 0
  state                                    => configured

requirement unbind-not-bound Unbinding an unbound gadget fails: ENODEV.
source configfs.c, unregister_gadget
  unbind                                   => ENODEV

requirement disconnect-not-bound Soft disconnect without a gadget driver fails: EOPNOTSUPP.
source udc/core.c, soft_connect_store
  disconnect                               => EOPNOTSUPP

requirement bind-twice A bound gadget cannot be bound again: EBUSY.
source configfs.c, gadget_dev_desc_UDC_store
  bind                                     => 0
  bind                                     => EBUSY
  state                                    => configured

requirement configuration-unknown Setting an unknown configuration stalls and changes nothing.
source composite.c, set_config; USB 2.0, 9.4.7
  given enabled
  hostctrl 0x00 9 5 0 0                    => EPIPE
  events                                   => EAGAIN
  state                                    => configured

requirement bind-again A gadget can be bound again after unbinding, without writing descriptors again.
source f_fs.c, functionfs_unbind
  bind                                     => 0
  unbind                                   => 0
  bind                                     => 0
  bg 0 epwrite ep1 1024 5                  => started
  hostin ep1 1024                          => 1024 crc=seed:5
  join 0                                   => 1024

requirement halt-in A halted IN endpoint stalls until the host clears it.
source composite.c; USB 2.0, 9.4.5
  bind                                     => 0
  hosthalt ep1                             => 0
  hostin ep1 512 300                       => EPIPE
  hostclear ep1                            => 0
  hostin ep1 512 300                       => ETIMEDOUT

requirement halt-out A halted OUT endpoint stalls until the host clears it.
source composite.c; USB 2.0, 9.4.5
  bind                                     => 0
  hosthalt ep2                             => 0
  hostout ep2 512 300                      => EPIPE
  hostclear ep2                            => 0
  hostout ep2 4096 300                     => ETIMEDOUT

requirement nak-without-request An endpoint without a request makes the host wait once its FIFO is full.
source USB 2.0, 8.4.5
  bind                                     => 0
  hostin ep1 512 200                       => ETIMEDOUT
  hostout ep2 4096 200                     => ETIMEDOUT
`,
);

async function tellsItsGadget(stack: ScenarioStack): Promise<void> {
  const { controller, host } = stack;
  const expectTold = (when: string, told: string, expected: string): void => {
    if (told !== expected) throw new Error(`It tells ${told} ${when}, and not ${expected}.`);
  };
  // Unbinding touches neither state nor speed: without a gadget they are those of the last one.
  expectTold('without a gadget', `${controller.function}`, 'undefined');
  await withInstance(stack, async ({ gadget, ep0 }) => {
    await ep0.write(encodeScenarioDescriptors());
    await ep0.write(encodeScenarioStrings());
    await gadget.bind();
    await host.configured();
    const { state, speed, function: name } = controller;
    expectTold('with a gadget', `${state}, ${speed}, ${name}`, 'configured, high, scenario');
  });
}

async function connects(stack: ScenarioStack): Promise<void> {
  const { controller, host } = stack;
  await expectOutcome('connecting without a gadget', 'EOPNOTSUPP', () => controller.connect());
  await withInstance(stack, async ({ gadget, ep0 }) => {
    await ep0.write(encodeScenarioDescriptors());
    await ep0.write(encodeScenarioStrings());
    await gadget.bind();
    await host.configured();
    await expectOutcome('connecting what is connected', '0', () => controller.connect());
    if (controller.state !== 'configured') throw new Error(`The state is ${controller.state} then.`);
    await expectOutcome('disconnecting', '0', () => controller.disconnect());
    await expectOutcome('disconnecting what is disconnected', '0', () => controller.disconnect());
  });
}

async function bindTwiceDescribed(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async ({ gadget, ep0 }) => {
    await ep0.write(both(iface(2), bulk(0x81), bulk(0x81)));
    await ep0.write(encodeScenarioStrings());
    await expectOutcome('binding', 'EBUSY', () => gadget.bind());
  });
}

const PROOFS: readonly Requirement[] = [
  {
    id: 'controller-tells',
    sentence: 'A controller reports its state, its speed and its gadget.',
    ...{ source: 'udc/core.c, state_show, current_speed_show and function_show', needs: [], proof: tellsItsGadget },
  },
  {
    id: 'connect-twice',
    sentence: 'Soft connect and disconnect can be repeated; without a gadget driver they fail: EOPNOTSUPP.',
    ...{ source: 'udc/core.c, soft_connect_store and usb_gadget_connect_locked', needs: [], proof: connects },
  },
  {
    id: 'bind-address-twice',
    sentence: 'A function that describes an endpoint twice cannot be bound: EBUSY.',
    source: 'f_fs.c, __ffs_func_bind_do_descs; configfs.c, gadget_dev_desc_UDC_store',
    ...{ needs: [], proof: bindTwiceDescribed },
  },
];

/** The controller: binding, and what the host can ask for at any time. */
export const CONTROLLER: RequirementGroup = { ...CALLS, requirements: [...CALLS.requirements, ...PROOFS] };
