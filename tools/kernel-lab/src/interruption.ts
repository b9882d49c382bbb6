const actions: (() => void)[] = [];
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Does this if the lab is interrupted before it is told that there is no need any more; the newest action first. The
 * lab's processes are in groups of their own, so that nobody but the lab ends them.
 *
 * @param action does not wait for anything
 * @returns takes the action back
 */
export function whenInterrupted(action: () => void): () => void {
  if (actions.length === 0) {
    for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) process.on(signal, interrupt);
    process.on('exit', undo);
  }
  actions.push(action);
  return () => {
    const at = actions.lastIndexOf(action);
    if (at >= 0) actions.splice(at, 1);
    if (actions.length > 0) return;
    for (const signal of Object.keys(SIGNALS)) process.removeListener(signal, interrupt);
    process.removeListener('exit', undo);
  };
}

function undo(): void {
  for (let action = actions.pop(); action !== undefined; action = actions.pop()) action();
}

function interrupt(signal: keyof typeof SIGNALS): void {
  undo();
  process.stderr.write('lab: interrupted\n');
  process.exit(128 + SIGNALS[signal]);
}

/** Kills a process and all that it started, if it leads a group. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
