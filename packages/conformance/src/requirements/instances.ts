import { POLLIN, POLLOUT, SECOND } from '@gadgetloom/core';
import { EVENT_SIZE, encodeDescriptors } from '@gadgetloom/functionfs';
import { RequestType, USB_DIR_IN } from '@gadgetloom/udc';
import { encodeScenarioDescriptors, encodeScenarioStrings, scenarioGadget } from '../scenario/gadget.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import { expectFiles, expectOutcome, type FreshInstance, untilClosed, withInstance } from './fresh-instance.ts';
import { INSTANCE_LIFETIME } from './instance-lifetime.ts';
import type { Requirement, RequirementGroup } from './requirement.ts';

const INSTANCE = scenarioGadget.configurations[0]!.functions[0]!.instance;

async function activate({ ep0 }: FreshInstance): Promise<void> {
  await ep0.write(encodeScenarioDescriptors());
  await ep0.write(encodeScenarioStrings());
}

/** Mounts what there is not. */
async function mountNothing(stack: ScenarioStack): Promise<void> {
  await expectOutcome('a mount without any function', 'ENODEV', () => stack.functionFs.mount('nothing'));
  await withInstance(stack, () =>
    expectOutcome('an unknown instance', 'ENOENT', () => stack.functionFs.mount('nothing')),
  );
}

/** The files that there are in each state. */
async function filesByState(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async (instance) => {
    const { ep0, mount } = instance;
    await expectFiles(instance, 'ep0');
    await expectOutcome('an endpoint without descriptors', 'ENOENT', () => mount.openEndpoint('ep1'));
    await ep0.write(encodeScenarioDescriptors());
    await expectFiles(instance, 'ep0');
    await ep0.write(encodeScenarioStrings());
    await expectFiles(instance, 'ep0 ep1 ep2 ep3 ep4');
    await expectOutcome('an endpoint that is not described', 'ENOENT', () => mount.openEndpoint('ep5'));
  });
}

async function filesByAddress(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async (instance) => {
    const endpoint = { type: 'endpoint', attributes: 2, maxPacketSize: 64, interval: 0 } as const;
    const descriptors = [
      { type: 'interface', number: 0, alternate: 0, endpoints: 2, class: 255, subClass: 0, protocol: 0, string: 1 },
      { ...endpoint, address: 0x81 },
      { ...endpoint, address: 0x02 },
    ] as const;
    await instance.ep0.write(encodeDescriptors({ full: descriptors, high: descriptors, virtualAddress: true }));
    await instance.ep0.write(encodeScenarioStrings());
    await expectFiles(instance, 'ep0 ep02 ep81');
  });
}

async function readTooEarly(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async ({ ep0 }) => {
    ep0.nonblock = true;
    const read = () => ep0.read(new Uint8Array(12));
    await expectOutcome('events before the descriptors', 'EBADFD', read);
    await ep0.write(encodeScenarioDescriptors());
    await expectOutcome('events before the strings', 'EBADFD', read);
    await ep0.write(encodeScenarioStrings());
    await expectOutcome('events', 'EAGAIN', read);
  });
}

async function bindTooEarly(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async (instance) => {
    const { gadget, ep0 } = instance;
    await expectOutcome('binding without descriptors', 'EBUSY', () => gadget.bind());
    await ep0.write(encodeScenarioDescriptors());
    await expectOutcome('binding without strings', 'EBUSY', () => gadget.bind());
    await ep0.write(encodeScenarioStrings());
    await expectOutcome('binding', '0', () => gadget.bind());
  });
}

async function lastClose(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async (instance) => {
    const { gadget, mount, ep0 } = instance;
    await activate(instance);
    const endpoint = await mount.openEndpoint('ep1');
    await gadget.bind();
    ep0.close();
    if (!gadget.bound) throw new Error('The gadget was unbound although a file is open.');
    endpoint.close();
    await untilClosed(stack, instance);
    if (gadget.bound) throw new Error('The gadget is bound although no file is open.');
    using again = await mount.openEp0();
    await activate({ ...instance, ep0: again });
    await expectFiles(instance, 'ep0 ep1 ep2 ep3 ep4');
  });
}

async function unmountInUse(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async ({ mount, ep0 }) => {
    await expectOutcome('unmounting with a file open', 'EBUSY', () => mount.unmount());
    ep0.close();
    await mount.unmount();
    await using again = await stack.functionFs.mount(INSTANCE);
    await expectFiles({ mount: again }, 'ep0');
  });
}

async function interfaceNumbers(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async (instance) => {
    const { gadget, ep0 } = instance;
    await activate(instance);
    await gadget.bind();
    await stack.host.configured();
    const number = await ep0.interfaceRevmap(0);
    if (number !== 0) throw new Error(`Interface 0 is number ${number} of the function.`);
    await expectOutcome('an interface of nobody', 'EDOM', () => ep0.interfaceRevmap(7));
    await gadget.unbind();
    await expectOutcome('an interface while unbound', 'ENODEV', () => ep0.interfaceRevmap(0));
  });
}

async function pollByState(stack: ScenarioStack): Promise<void> {
  await withInstance(stack, async ({ gadget, ep0 }) => {
    const expectReady = (when: string, expected: number): void => {
      const ready = ep0.poll(POLLIN | POLLOUT);
      if (ready !== expected) throw new Error(`ep0 is ready for ${ready} ${when}, and should be for ${expected}.`);
    };
    expectReady('before the descriptors', POLLOUT);
    await ep0.write(encodeScenarioDescriptors());
    expectReady('before the strings', POLLOUT);
    await ep0.write(encodeScenarioStrings());
    expectReady('without events', 0);
    await gadget.bind();
    await stack.host.configured();
    expectReady('with an event', POLLIN);
    await ep0.read(new Uint8Array(EVENT_SIZE));
    expectReady('after the event', 0);
    const asked = stack.host.control(USB_DIR_IN | RequestType.VENDOR | RequestType.INTERFACE, 1, 0, 0, 1);
    if ((await ep0.ready(POLLIN, SECOND)) !== POLLIN) throw new Error('ep0 is not ready for a request.');
    await ep0.read(new Uint8Array(EVENT_SIZE));
    expectReady('with a request to answer', POLLIN | POLLOUT);
    await ep0.write(new Uint8Array(1));
    await asked;
    expectReady('after the answer', 0);
  });
}

const PROOFS: readonly Requirement[] = [
  {
    id: 'mount-nothing',
    sentence: 'Only an existing instance can be mounted: ENODEV if there is none at all, ENOENT otherwise.',
    ...{ source: 'f_fs.c, ffs_acquire_dev and functionfs_init', needs: [], proof: mountNothing },
  },
  {
    id: 'files-by-state',
    sentence: 'Endpoint files appear once descriptors and strings are written.',
    ...{ source: 'f_fs.c, ffs_epfiles_create', needs: [], proof: filesByState },
  },
  {
    id: 'files-by-address',
    sentence: 'Endpoint files are named after their addresses if a flag asks for it.',
    ...{ source: 'f_fs.c, ffs_epfiles_create (FUNCTIONFS_VIRTUAL_ADDR)', needs: [], proof: filesByAddress },
  },
  {
    id: 'events-too-early',
    sentence: 'Events cannot be read before descriptors and strings are written: EBADFD.',
    ...{ source: 'f_fs.c, ffs_ep0_read', needs: [], proof: readTooEarly },
  },
  {
    id: 'bind-too-early',
    sentence: 'A gadget with a function without descriptors cannot be bound: EBUSY.',
    ...{
      source: 'f_fs.c, ffs_do_functionfs_bind; configfs.c, gadget_dev_desc_UDC_store',
      needs: [],
      proof: bindTooEarly,
    },
  },
  {
    id: 'close-last',
    sentence: 'Closing the last file unbinds the gadget and resets the instance.',
    ...{ source: 'f_fs.c, ffs_data_closed and ffs_data_reset', needs: [], proof: lastClose },
  },
  {
    id: 'ep0-poll',
    sentence: 'Endpoint 0 polls ready for a blob, for events, and for the data of a request.',
    ...{ source: 'f_fs.c, ffs_ep0_poll', needs: [], proof: pollByState },
  },
  {
    id: 'unmount-in-use',
    sentence: 'An instance with open files cannot be unmounted: EBUSY. After unmounting it can be mounted again.',
    ...{ source: 'f_fs.c, ffs_fs_kill_sb; fs/namespace.c, do_umount', needs: [], proof: unmountInUse },
  },
  {
    id: 'interface-revmap',
    sentence:
      'INTERFACE_REVMAP gives the number of an interface in its function: EDOM for other numbers, ENODEV if unbound.',
    ...{ source: 'f_fs.c, ffs_ep0_ioctl and ffs_func_revmap_intf', needs: [], proof: interfaceNumbers },
  },
];

/** Instances of FunctionFS: mounting, their files, and how they begin and end. */
export const INSTANCES: RequirementGroup = {
  name: 'instances',
  title: 'Instances and their files',
  requirements: [...PROOFS, ...INSTANCE_LIFETIME],
};
