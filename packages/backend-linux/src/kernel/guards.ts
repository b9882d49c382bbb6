import { type ErrnoCode, KernelError } from '@gadgetloom/core';

interface Hazard {
  readonly code: ErrnoCode;
  /** What the kernel would do, and what to do instead. */
  readonly why: string;
}

/** Calls that harm kernels of the 6.12 series; docs/kernel-hazards.md describes each. */
export const HAZARDS = {
  'transfer-unbound': {
    code: 'ENODEV',
    why: 'The function is not bound to a controller, and Linux up to 6.12 crashes on a transfer then: wait for the ENABLE event.',
  },
  'detach-unbound': {
    code: 'ENODEV',
    why: 'The function is not bound to a controller, and Linux up to 6.12 crashes on a detach then: close the endpoint file, which detaches everything.',
  },
  'overlapping-in': {
    code: 'EBUSY',
    why: 'This endpoint sends the buffer already, and Linux up to 6.12 frees the first fence too early when it does so twice at a time: wait for the first transfer, or use another buffer.',
  },
  'no-full-speed': {
    code: 'EINVAL',
    why: 'There are descriptors for two speeds but none for full speed, and Linux up to 6.12 crashes when such a function is bound: describe the endpoints for full speed too.',
  },
  'reopen-bound': {
    code: 'EBUSY',
    why: 'All files of the instance were closed while its gadget was bound, and Linux up to 6.12 locks itself up when ep0 is opened then: unbind the gadget first.',
  },
  'sync-file-after-detach': {
    code: 'EINVAL',
    why: 'The fence in this sync file belongs to a buffer that was detached, and Linux up to 6.12 uses freed memory when it is asked about it: do this before the detach.',
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
