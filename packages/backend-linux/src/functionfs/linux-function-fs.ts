import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { Errno, isKernelError, KernelError } from '@gadgetloom/core';
import type { FunctionFs, FunctionFsMount, MountOptions } from '@gadgetloom/functionfs';
import { allNotes, ownerLives } from '../controller/ownership.ts';
import { fileCall, refusal } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { runDirectory } from '../kernel/run-directory.ts';
import { setupOfInstance } from '../setup/setup-record.ts';
import { LinuxMount } from './linux-mount.ts';

/** Names of the options in mount(2) (f_fs.c, ffs_fs_fs_parameters). */
const OPTIONS: readonly [keyof MountOptions, (value: number) => string][] = [
  ['uid', (uid) => `uid=${uid}`],
  ['gid', (gid) => `gid=${gid}`],
  ['rootMode', (mode) => `rmode=0${mode.toString(8)}`],
  ['fileMode', (mode) => `fmode=0${mode.toString(8)}`],
  ['noDisconnect', (on) => `no_disconnect=${on}`],
];

/**
 * FunctionFS of the kernel. Mounts each instance on its own directory. An instance that root set up for this user is
 * already mounted, and keeps its mount and options. Source: f_fs.c.
 */
export class LinuxFunctionFs implements FunctionFs {
  readonly #kernel: LinuxKernel;

  constructor(kernel: LinuxKernel) {
    this.#kernel = kernel;
  }

  async mount(instance: string, options: MountOptions = {}): Promise<FunctionFsMount> {
    const operation = `mount ffs.${instance}`;
    if (/^\.{0,2}$|[/\0]/.test(instance))
      throw new KernelError(
        'EINVAL',
        operation,
        `"${instance}" cannot be the name of an instance. Choose a name without "/".`,
      );
    const setup = setupOfInstance(this.#kernel.paths, instance);
    if (setup !== undefined) return new LinuxMount(this.#kernel, instance, setup, true);
    const path = join(runDirectory(this.#kernel.paths, 'ffs'), instance);
    try {
      fileCall(`mkdir ${path}`, () => mkdirSync(path));
    } catch (error) {
      if (!isKernelError(error, 'EEXIST')) throw error;
      this.#clearLeftover(instance, path, operation);
    }
    const result = this.#kernel.addon.mount(instance, path, 'functionfs', mountOptions(options));
    if (result >= 0) return new LinuxMount(this.#kernel, instance, path);
    try {
      rmdirSync(path);
    } catch {
      // Another process has mounted something there: mount(2) answered EBUSY.
    }
    throw refusal(result, operation, {
      ENODEV:
        'FunctionFS exists only while a gadget has an ffs function. Create the gadget first, and make sure that the module usb_f_fs exists.',
      ENOENT: 'No gadget has an ffs function of this name. Create the gadget first.',
      EBUSY: 'The instance is already mounted. Unmount it first.',
      EPERM: 'Mounting requires CAP_SYS_ADMIN. Run as root, or see `gadgetloom setup`.',
      EINVAL: 'The kernel refuses a mount option. Check uid, gid and the modes.',
    });
  }

  /** Unmounts what a killed process left mounted. @throws KernelError EBUSY a running process uses it */
  #clearLeftover(instance: string, path: string, operation: string): void {
    const { addon, paths } = this.#kernel;
    const owner = allNotes(paths).find((note) => note.instances.includes(instance) && ownerLives(paths, note));
    if (owner !== undefined && owner.pid !== process.pid)
      throw new KernelError('EBUSY', operation, `Process ${owner.pid} uses the instance. End it first.`);
    const result = addon.umount(path);
    // EINVAL: nothing is mounted there.
    if (result < 0 && result !== -Errno.EINVAL)
      throw refusal(result, operation, {
        EBUSY: 'The instance is already mounted, and files of it are open. Close them and unmount it first.',
      });
  }
}

/** Formats the options for mount(2). */
export function mountOptions(options: MountOptions): string {
  return OPTIONS.flatMap(([field, format]) => {
    const value = options[field];
    return value === undefined ? [] : [format(Number(value))];
  }).join(',');
}
