#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyGadget,
  ConfigFiles,
  LINUX_KERNEL,
  LINUX_PATHS,
  LinuxController,
  linux,
  listControllers,
  removeGadget,
} from '@gadgetloom/backend-linux';
import { isKernelError } from '@gadgetloom/core';
import { bulk, composePieces, composeStack, gadgetConfig, kernelFunction, type Pieces } from '@gadgetloom/gadget';
import { USB_DEVICE_CONTROLLER, type UsbDeviceController } from '@gadgetloom/udc';
import {
  type AttributeRule,
  attributeText,
  type DirectoryRule,
  KERNEL_FUNCTIONS,
  type KernelFunctionRule,
} from '@gadgetloom/udc/kernel-functions';
import { expect } from '../shared/expect.ts';
import { FUNCTION_SAMPLES, type FunctionSample } from '../shared/function-samples.ts';
import { guestSuite } from '../shared/guest-suite.ts';

const GADGETS = '/sys/kernel/config/usb_gadget';
/** Not in every kernel: they depend on its configuration. */
const OPTIONAL_TYPES: readonly string[] = ['midi2', 'tcm', 'uac1_legacy'];
const OPTIONAL_ATTRIBUTES: readonly string[] = ['console', 'num_buffers'];
/** How far they go depends on the kernel's configuration, or they are held as soon as there is more. */
const UNTRIED: readonly RegExp[] = [/^index$/, /^streaming\/color_matching\/default\//];

const { report } = guestSuite({
  help: `kernel-functions

Makes a gadget of every function that the kernel under it has, as root: the attributes are those of the table, a second
application touches nothing, a change only what differs, and each can be bound.`,
});

const same = (found: unknown, wanted: unknown): void =>
  expect(JSON.stringify(found) === JSON.stringify(wanted), `${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);

/** Attributes below a directory of the kernel: their paths, and whether they can be written. */
function attributesThere(root: string, prefix = ''): [path: string, writable: boolean][] {
  return readdirSync(join(root, prefix), { withFileTypes: true }).flatMap((entry): [string, boolean][] => {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) return attributesThere(root, `${path}/`);
    const { mode } = statSync(join(root, path));
    // A file that can only be written is a command, not a state.
    return (mode & 0o400) === 0 ? [] : [[path, (mode & 0o200) !== 0]];
  });
}

/** Attributes of the table, with a directory `x` where the user names them; makes those directories. */
function attributesKnown(root: string, rule: DirectoryRule, prefix = ''): [path: string, rule: AttributeRule][] {
  const { attributes = {}, directories = {}, lists = {}, named } = rule;
  const inner: [string, DirectoryRule][] = [
    ...Object.entries(directories),
    ...Object.values(lists).map(({ directory, most, of }): [string, DirectoryRule] => [`${directory}.${most - 1}`, of]),
    ...Object.values(lists).map(({ directory, of }): [string, DirectoryRule] => [`${directory}.0`, of]),
    ...(named === undefined ? [] : [['x', named] as [string, DirectoryRule]]),
  ];
  return [
    ...Object.entries(attributes).map(([name, each]): [string, AttributeRule] => [`${prefix}${name}`, each]),
    ...inner.flatMap(([name, of]) => {
      if (!existsSync(join(root, prefix, name))) mkdirSync(join(root, prefix, name));
      return attributesKnown(root, of, `${prefix}${name}/`);
    }),
  ];
}

/** The kernel and the table agree on which attributes there are, which can be written, and the ends of their ranges. */
function compareWithTable(type: string, rule: DirectoryRule): void {
  const files = new ConfigFiles(join(GADGETS, 'table'));
  applyGadget(files, { name: 'table', vendorId: 1, productId: 2, configurations: [] });
  try {
    const directory = `functions/${type}.x`;
    files.mkdir(directory);
    const root = join(files.root, directory);
    const known = new Map(attributesKnown(root, rule));
    const there = new Map(attributesThere(root));
    const optional = (path: string): boolean => OPTIONAL_ATTRIBUTES.includes(path.split('/').at(-1)!);
    for (const [path, writable] of there) {
      if (optional(path)) continue;
      expect(known.has(path), `the table lacks ${path}`);
      expect(writable === !known.get(path)?.readOnly, `${path} is ${writable ? '' : 'not '}writable`);
    }
    for (const [path, each] of known) {
      if (!there.has(path)) expect(optional(path), `the kernel lacks ${path}`);
      else if (each.kind === 'number' && !each.readOnly && !UNTRIED.some((pattern) => pattern.test(path)))
        for (const end of [each.from, each.to]) files.write(`${directory}/${path}`, attributeText(each, end));
    }
  } finally {
    removeGadget(files);
  }
}

/** Applies, binds and changes a gadget of one function. */
async function live(controller: UsbDeviceController, type: string, sample: FunctionSample): Promise<void> {
  const described = (attributes: FunctionSample['attributes']) =>
    gadgetConfig({ vendorId: 0x1d6b, productId: 0x104, name: 'one', functions: { x: { kernel: type, attributes } } });
  const config = described(sample.attributes);
  const files = new ConfigFiles(join(GADGETS, 'one'));
  await using gadget = await controller.createGadget(config);
  same(applyGadget(files, config), []);
  // The virtual controller of the lab has no isochronous endpoints.
  const bound = !sample.isochronous || controller.driver !== 'dummy_udc';
  if (bound) await gadget.bind();
  same(applyGadget(files, config), []);
  if (sample.change === undefined) return;
  const changed = described({ ...sample.attributes, ...sample.change.attributes });
  if (bound && !sample.change.anyTime) {
    try {
      applyGadget(files, changed);
      throw new Error('the bound gadget was changed');
    } catch (error) {
      expect(isKernelError(error, 'EBUSY') && /Unbind it first/.test(error.message), `${error}`);
    }
  }
  if (bound) await gadget.unbind();
  const writes = applyGadget(files, changed).filter((step) => !/^(unlink|link) /.test(step));
  same(writes, sample.change.steps);
  same(applyGadget(files, changed), []);
  if (!bound) return;
  await gadget.bind();
  await gadget.unbind();
}

/** A controller with isochronous endpoints, if the kernel has one: the device end of USB/IP. */
async function isochronous(pieces: Pieces): Promise<UsbDeviceController | undefined> {
  spawnSync('modprobe', ['usbip-vudc'], { stdio: 'ignore' });
  const found = listControllers(LINUX_PATHS).find(({ driver }) => driver === 'usbip-vudc');
  return found && new LinuxController(pieces.resolve(LINUX_KERNEL), { controller: found.name });
}

writeFileSync('/tmp/disk.img', new Uint8Array(1 << 20));
{
  await using pieces = await composePieces({ plugins: [linux({ controller: 'dummy_udc' })] });
  const virtual = await isochronous(pieces);
  const controller = pieces.resolve(USB_DEVICE_CONTROLLER);
  for (const [type, rule] of Object.entries<KernelFunctionRule>(KERNEL_FUNCTIONS)) {
    const files = new ConfigFiles(join(GADGETS, 'there'));
    files.mkdir('');
    try {
      files.mkdir(`functions/${type}.x`);
    } catch (error) {
      if (!OPTIONAL_TYPES.includes(type)) report.failed(type, error);
      continue;
    } finally {
      removeGadget(files);
    }
    await report.check(`${type} has the attributes of the table`, () => compareWithTable(type, rule));
    const sample = FUNCTION_SAMPLES[type as keyof typeof FUNCTION_SAMPLES];
    await report.check(`${type} is applied once, bound and changed`, () =>
      live((sample.isochronous && virtual) || controller, type, sample),
    );
  }
}

await report.check('functions of the kernel and of the program are one device', async () => {
  await using stack = await composeStack({
    gadget: {
      vendorId: 0x1d6b,
      productId: 0x0104,
      functions: {
        console: kernelFunction('acm'),
        disk: kernelFunction('mass_storage', { luns: [{ file: '/tmp/disk.img', removable: true }] }),
        stream: { endpoints: { samples: bulk.in(), commands: bulk.out() } },
      },
    },
    backends: [linux({ controller: 'dummy_udc' })],
    env: {},
  });
  await stack.enabled();
  same(stack.controller.state, 'configured');
});

await report.check('nothing is left', () => same(readdirSync(GADGETS), []));
report.end();
