/**
 * Something that is there in the kernel until it is removed. When the process exits with it, nothing that takes time can be
 * awaited any more, so each step is a plain call. The steps are made for everything, one after the other.
 */
export interface LeftAtExit {
  /** Takes the function from its controller, which ends every transfer. */
  unbindNow?(): void;
  /** Closes its files, sync files first, and unmounts it. */
  closeNow?(): void;
  /** Removes it. */
  removeNow?(): void;
}

const STEPS = ['unbindNow', 'closeNow', 'removeNow'] as const;

const all = new Set<LeftAtExit>();

/**
 * What this thread has to remove if it exits without having done so: `process.exit()` in mid-stream, an exception that nobody
 * catches, or nothing left to do. Signals and the end of a worker run no code: what these leave is found by the next start.
 */
export const atExit = {
  add(thing: LeftAtExit): void {
    if (all.size === 0) process.on('exit', removeAll);
    all.add(thing);
  },

  /** It has been removed. Harmless if it is not known. */
  forget(thing: LeftAtExit): void {
    if (all.delete(thing) && all.size === 0) process.off('exit', removeAll);
  },
};

function removeAll(): void {
  for (const step of STEPS)
    for (const thing of all) {
      try {
        thing[step]?.();
      } catch {
        // Somebody else uses it, or has removed it. What stays is noted, and found by the next start or `gadgetloom clean`.
      }
    }
}
