/**
 * Something that stays in the kernel until it is removed. An exiting process cannot await anything, so each step is a
 * synchronous call. Each step runs for all objects before the next step begins.
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
 * The objects that this thread removes if it exits without disposing them: by `process.exit()`, by an uncaught
 * exception, or because the event loop is empty. Signals and the end of a worker run no code; the next start removes
 * what these leave.
 */
export const atExit = {
  add(thing: LeftAtExit): void {
    if (all.size === 0) process.on('exit', removeAll);
    all.add(thing);
  },

  /** Takes `thing` off the list, because it was removed. Does nothing if it is not on the list. */
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
        // Another process uses it or has removed it. What stays is noted; the next start or `gadgetloom clean` removes
        // it.
      }
    }
}
