import { type ErrnoCode, KernelError } from '@gadgetloom/core';

interface Hazard {
  readonly code: ErrnoCode;
  /** What the kernel would do, and what to do instead. */
  readonly why: string;
}

/** Calls that harm kernels from 6.9 on; docs/kernel-hazards.md describes each, and the versions that it was seen on. */
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
    why: 'All files of the instance were closed while its gadget was bound, and Linux 6.12.117 would lock up when ep0 is opened: unbind the gadget first.',
  },
  'sync-file-after-detach': {
    code: 'EINVAL',
    why: 'The fence in this sync file belongs to a buffer that was detached, and Linux would use freed memory to answer. Do this before the detach.',
  },
} as const satisfies Readonly<Record<string, Hazard>>;

/** Name of a call that the kernel would not survive. */
export type HazardName = keyof typeof HAZARDS;

/** Counts what was refused for the kernel's sake. */
export class Guards {
  readonly #counts = new Map<HazardName, number>();

  /** How often a call was refused for this reason. */
  count(hazard: HazardName): number {
    return this.#counts.get(hazard) ?? 0;
  }

  /** Every hazard that was met, and how often. */
  counts(): readonly (readonly [hazard: HazardName, count: number])[] {
    return [...this.#counts];
  }

  /** The error of a call that is refused. */
  refusal(hazard: HazardName, operation: string): KernelError {
    this.#counts.set(hazard, this.count(hazard) + 1);
    const { code, why } = HAZARDS[hazard];
    return new KernelError(code, operation, why);
  }
}
