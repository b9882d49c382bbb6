import { type ErrnoCode, KernelError } from '@gadgetloom/core';

interface Hazard {
  readonly code: ErrnoCode;
  /** What the kernel would do, and what to do instead. */
  readonly why: string;
}

/**
 * Calls that can crash or hang kernels from 6.9 on. docs/kernel-hazards.md describes each, with the versions affected.
 */
export const HAZARDS = {
  'transfer-unbound': {
    code: 'ENODEV',
    why: 'The function is not bound to a controller, and Linux would crash on this transfer. Wait for the ENABLE event.',
  },
  'detach-unbound': {
    code: 'ENODEV',
    why: 'The function is not bound to a controller, and Linux would crash on this detach. Close the endpoint file, which detaches everything.',
  },
  'overlapping-in': {
    code: 'EBUSY',
    why: 'This endpoint is already sending the buffer, and Linux would free the first fence too early. Wait for the first transfer, or use another buffer.',
  },
  'no-full-speed': {
    code: 'EINVAL',
    why: 'The function has descriptors for two speeds but none for full speed, and Linux would crash when it is bound. Describe the endpoints for full speed too.',
  },
  'reopen-bound': {
    code: 'EBUSY',
    why: 'All files of the instance were closed while its gadget was bound, and Linux 6.12.117 would deadlock on opening ep0. Unbind the gadget first.',
  },
  'sync-file-after-detach': {
    code: 'EINVAL',
    why: 'The fence in this sync file belongs to a buffer that was detached, and Linux would read freed memory. Do this before the detach.',
  },
} as const satisfies Readonly<Record<string, Hazard>>;

/** Name of a hazard, as docs/kernel-hazards.md has it. */
export type HazardName = keyof typeof HAZARDS;

/** Counts the calls that were refused to protect the kernel. */
export class Guards {
  readonly #counts = new Map<HazardName, number>();

  /** Number of calls refused because of this hazard. */
  count(hazard: HazardName): number {
    return this.#counts.get(hazard) ?? 0;
  }

  /** Every hazard because of which a call was refused, with the number of calls. */
  counts(): readonly (readonly [hazard: HazardName, count: number])[] {
    return [...this.#counts];
  }

  /** Counts a refused call and returns its error. */
  refusal(hazard: HazardName, operation: string): KernelError {
    this.#counts.set(hazard, this.count(hazard) + 1);
    const { code, why } = HAZARDS[hazard];
    return new KernelError(code, operation, why);
  }
}
