import type { HazardName } from '@gadgetloom/backend-linux';
import type { RunResult } from './machine/machine.ts';
import type { KernelName } from './machine/open-machine.ts';

/** How a kernel reacts to the hazard: it logs this text, or it stops silently. */
export type Symptom = RegExp | 'hangs';

/** A hazard of packages/backend-linux/docs/kernel-hazards.md, and how kernels were seen to take it. */
export interface Hazard {
  readonly name: HazardName | 'module-unloaded';
  /** Describes what `guest/hazard.c` does. */
  readonly sequence: string;
  /** Kernels on which it shows. */
  readonly seen: Readonly<Partial<Record<KernelName, Symptom>>>;
  /** Nothing that the backend does brings it about, and nothing that it refuses keeps it away. */
  readonly unguarded?: true;
}

/** The page fault of a kernel that follows NULL: x86 has words for it, User-Mode Linux others. */
const NULL_POINTER = {
  stock: /BUG: kernel NULL pointer dereference/,
  uml: /Kernel panic - not syncing: Kernel mode fault at addr 0x/,
  kasan: /Kernel panic - not syncing: Kernel mode fault at addr 0x/,
} as const;

/** In the order of the document. */
export const HAZARD_DEMONSTRATIONS: readonly Hazard[] = [
  {
    name: 'transfer-unbound',
    sequence: 'attach a buffer, unbind the gadget, TRANSFER',
    seen: NULL_POINTER,
  },
  {
    name: 'detach-unbound',
    sequence: 'attach a buffer, unbind the gadget, DETACH',
    seen: NULL_POINTER,
  },
  {
    name: 'overlapping-in',
    sequence: 'TRANSFER a buffer twice on an IN endpoint, end both by unbinding',
    seen: {
      // Who uses the freed fence finds whatever is there by then.
      stock: /refcount_t: .*use-after-free|BUG: kernel NULL pointer|unable to handle|general protection fault/,
      uml: /refcount_t: .*use-after-free|Kernel mode fault at addr/,
      kasan: /BUG: KASAN: slab-use-after-free in ffs_dmabuf_signal_done/,
    },
  },
  {
    name: 'sync-file-after-detach',
    sequence: 'TRANSFER, export a sync file, poll it, DETACH, close the sync file',
    // Without locks, as on one processor of User-Mode Linux, freed memory is taken for a lock and nobody notices.
    seen: { stock: 'hangs', kasan: /BUG: KASAN: slab-use-after-free in __lock_acquire/ },
  },
  {
    name: 'no-full-speed',
    sequence: 'write descriptors for high speed and SuperSpeed alone, bind',
    seen: NULL_POINTER,
  },
  {
    name: 'reopen-bound',
    sequence: 'mount with no_disconnect, bind, close all files, open ep0',
    seen: { stock: 'hangs', uml: 'hangs', kasan: /possible recursive locking detected/ },
  },
  {
    name: 'module-unloaded',
    sequence: 'TRANSFER, remove the gadget, unload usb_f_fs, close the buffer',
    // User-Mode Linux has it built in.
    seen: { stock: /BUG: unable to handle page fault/ },
    unguarded: true,
  },
];

/** True if the kernel did what it was seen to do. */
export function shows(symptom: Symptom, { faults, hung }: RunResult): boolean {
  return symptom === 'hangs' ? hung : faults.some((line) => symptom.test(line));
}
