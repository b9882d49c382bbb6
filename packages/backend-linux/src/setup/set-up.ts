import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError } from '@gadgetloom/core';
import type { GadgetConfig } from '@gadgetloom/udc';
import { heapNames } from '../buffers/dma-heap.ts';
import { applyGadget, removeGadget } from '../controller/apply-gadget.ts';
import { ConfigFiles } from '../controller/config-files.ts';
import { ensureConfigfs } from '../controller/configfs-mount.ts';
import { unmountAt } from '../controller/leftovers.ts';
import { instancesOf, isNoted } from '../controller/ownership.ts';
import { type ControllerChoice, findController } from '../controller/udc-directory.ts';
import { mountOptions } from '../functionfs/linux-function-fs.ts';
import { fileCall, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { mountedAt } from '../kernel/mounts.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { accessOf, giveDevice, giveFile, mayUse, ownershipOf, type SetupUser, takeBack } from './access.ts';
import {
  allSetups,
  findSetup,
  forgetSetup,
  type HandedOver,
  recordSetup,
  type SetupRecord,
  setupMount,
  setupMounts,
} from './setup-record.ts';

/** One step of a setup. */
export interface SetupStep {
  /** `'mounted FunctionFS "stream" at /run/...'`. */
  readonly what: string;
  /** `false` if nothing had to be done. */
  readonly done: boolean;
}

/** What to set up, and for whom. */
export interface SetupRequest {
  readonly config: GadgetConfig;
  readonly user: SetupUser;
  /** The controller that the user may connect and disconnect. Binding works with any controller. */
  readonly choice?: ControllerChoice;
}

/**
 * Does everything that requires root, so that a user without it can run the gadget: it mounts configfs, makes the
 * gadget, mounts its functions, and gives the user the right to bind it and to allocate buffers. A second call does
 * nothing. The setup lasts until the machine restarts or until {@link tearDown}.
 *
 * @throws KernelError EPERM not root; EEXIST another program made a gadget of this name; an errno of configfs or
 *   mount(2)
 */
export function setUp(kernel: LinuxKernel, request: SetupRequest): SetupStep[] {
  const { config, user } = request;
  const { addon, paths } = kernel;
  const steps: SetupStep[] = [];
  const note = (what: string, done: boolean): void => void steps.push({ what, done });
  prepareConfigfs(kernel, note);
  const files = new ConfigFiles(join(paths.configfs, 'usb_gadget', config.name));
  let record = makeGadget(kernel, files, request, note);
  for (const instance of record.instances) mountFor(kernel, config.name, instance, user, note);
  /** Records the state of a file before it is handed over, so that {@link tearDown} can restore it. */
  const give = (what: string, before: HandedOver, enough: boolean, hand: () => void): void => {
    record = { ...record, handedOver: remember(paths, record, before, enough) };
    recordSetup(paths, record);
    if (!enough) hand();
    note(what, !enough);
  };
  const own = (path: string, what: string): void => {
    const before = ownershipOf(path);
    give(`${what} (${path})`, before, before.uid === user.uid, () => giveFile(before, user));
  };
  own(join(files.root, 'UDC'), `${user.name} may bind the gadget`);
  const controller = findController(paths, request.choice ?? {});
  const connect = 'path' in controller ? join(controller.path, 'soft_connect') : '';
  const other = holders(paths, record, connect).find(({ uid }) => uid !== user.uid);
  if (other !== undefined) note(`only ${other.user} may connect and disconnect (${connect} has one owner)`, false);
  else if (existsSync(connect)) own(connect, `${user.name} may connect and disconnect`);
  if (heapNames(paths).length === 0 && !existsSync(join(paths.dev, 'udmabuf'))) loadModule('udmabuf');
  const devices = [...heapNames(paths).map((name) => join('dma_heap', name)), 'udmabuf'].map((name) =>
    join(paths.dev, name),
  );
  for (const path of devices.filter((each) => existsSync(each))) {
    const before = accessOf(addon, path);
    give(`${user.name} may allocate buffers (${path})`, before, mayUse(addon, path, user), () =>
      giveDevice(addon, before, user),
    );
  }
  return steps;
}

/**
 * Removes a setup: mounts, the gadget and the rights. A new gadget of the same name stays.
 *
 * @throws KernelError EBUSY a process uses it
 */
export async function tearDown(kernel: LinuxKernel, record: SetupRecord): Promise<void> {
  const { paths } = kernel;
  const files = new ConfigFiles(join(paths.configfs, 'usb_gadget', record.gadget));
  for (const instance of record.instances) unmountAt(kernel, setupMount(paths, record.gadget, instance));
  unmountAt(kernel, setupMounts(paths, record.gadget));
  const noted = isNoted(files, record);
  if (noted) {
    if (files.exists('UDC') && files.read('UDC').trim() !== '') await files.writeSlowly('UDC', '\n', 'unbind', {});
    removeGadget(files);
  }
  takeAllBack(kernel, record, (path) => noted || !path.startsWith(files.root));
  forgetSetup(paths, record.gadget);
}

/** Takes files back, unless the user needs them for another gadget. */
function takeAllBack({ addon, paths }: LinuxKernel, record: SetupRecord, wanted: (path: string) => boolean): void {
  for (const each of record.handedOver) {
    const needed = holders(paths, record, each.path).some(({ uid }) => uid === record.uid);
    if (wanted(each.path) && !needed) takeBack(addon, each, record.uid);
  }
}

type Note = (what: string, done: boolean) => void;

function prepareConfigfs(kernel: LinuxKernel, note: Note): void {
  const gadgets = join(kernel.paths.configfs, 'usb_gadget');
  const there = existsSync(gadgets);
  if (!there) loadModule('libcomposite');
  ensureConfigfs(kernel);
  note(`configfs has gadgets (${gadgets})`, !there);
}

/** Loads a module. Failures are ignored here: the call that needs the module reports them. */
function loadModule(name: string): void {
  try {
    execFileSync('modprobe', [name], { stdio: 'ignore' });
  } catch {
    // It is built in, or a later call reports that it is missing.
  }
}

/** Makes the gadget. Writes its record first, so that a failed or killed setup can be cleaned up. */
function makeGadget(kernel: LinuxKernel, files: ConfigFiles, { config, user }: SetupRequest, note: Note): SetupRecord {
  const { paths } = kernel;
  const before = findSetup(paths, config.name);
  const fresh = !files.exists('');
  if (!fresh && (before === undefined || !isNoted(files, before)))
    throw new KernelError(
      'EEXIST',
      `mkdir ${files.root}`,
      'Another program made a gadget of this name. Remove it, or choose another name.',
    );
  const record: SetupRecord = {
    gadget: config.name,
    user: user.name,
    uid: user.uid,
    gid: user.gid,
    instances: instancesOf(config),
    handedOver: before?.uid === user.uid ? before.handedOver : [],
    ...(!fresh && { directory: files.directory! }),
  };
  if (before !== undefined && before.uid !== user.uid) takeAllBack(kernel, before, (path) => existsSync(path));
  for (const gone of before?.instances ?? [])
    if (!record.instances.includes(gone)) unmountAt(kernel, setupMount(paths, config.name, gone));
  recordSetup(paths, record);
  if (fresh) files.mkdir('');
  try {
    const made = { ...record, directory: files.directory! };
    recordSetup(paths, made);
    const changes = applyGadget(files, config);
    note(`gadget "${config.name}" (${files.root})`, fresh || changes.length > 0);
    return made;
  } catch (error) {
    if (fresh) {
      removeGadget(files);
      forgetSetup(paths, config.name);
    }
    throw error;
  }
}

function mountFor(kernel: LinuxKernel, gadget: string, instance: string, user: SetupUser, note: Note): void {
  const { addon, paths } = kernel;
  const path = setupMount(paths, gadget, instance);
  const what = `FunctionFS "${instance}" of ${user.name} (${path})`;
  const mounted = mountedAt(join(kernel.paths.proc, 'self/mounts'), path).length > 0;
  if (mounted && statSync(path).uid === user.uid) {
    note(what, false);
    return;
  }
  if (mounted) unmountAt(kernel, path);
  fileCall(`mkdir ${path}`, () => mkdirSync(path, { recursive: true, mode: 0o755 }));
  const options = mountOptions({ uid: user.uid, gid: user.gid });
  succeeded(addon.mount(instance, path, 'functionfs', options), `mount ffs.${instance}`, {
    EPERM: 'Mounting requires CAP_SYS_ADMIN. Run as root.',
    EBUSY: 'The instance is mounted elsewhere. Unmount it first.',
  });
  note(what, true);
}

/** Lists the setups of other gadgets for which a file was handed over. */
function holders(paths: LinuxPaths, { gadget }: SetupRecord, file: string): SetupRecord[] {
  return allSetups(paths).filter(
    (other) => other.gadget !== gadget && other.handedOver.some(({ path }) => path === file),
  );
}

/**
 * Adds the state of a file before it was first handed over to this user, perhaps for another gadget. A file that the
 * user could use anyway is not handed over.
 */
function remember(paths: LinuxPaths, record: SetupRecord, before: HandedOver, enough: boolean): readonly HandedOver[] {
  const { handedOver, uid } = record;
  const same = ({ path }: HandedOver): boolean => path === before.path;
  if (handedOver.some(same)) return handedOver;
  const first = holders(paths, record, before.path)
    .find((other) => other.uid === uid)
    ?.handedOver.find(same);
  if (first === undefined && enough) return handedOver;
  return [...handedOver, first ?? before];
}
