import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const EVERYTHING = ['descriptors', 'mounts', 'configfs', 'notes', 'events', 'dma-bufs'] as const;

/** A kind of thing that can be left behind. */
export type Kind = (typeof EVERYTHING)[number];

/** What this process and the machine hold, as sorted lists of names. */
export type Inventory = Readonly<Record<Kind, string[]>>;

/** How often, and after how many milliseconds each, things are looked at again. */
const TURNS = 50;
const PERIOD = 10;

const GADGETS = '/sys/kernel/config/usb_gadget';
const NOTES = ['/run/gadgetloom', '/tmp/gadgetloom'];
const DMA_BUFS = '/sys/kernel/debug/dma_buf/bufinfo';

/** Everything that a stack may leave behind. */
function takeInventory(): Inventory {
  return {
    descriptors: descriptors(),
    mounts: readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((line) => / (functionfs|configfs) /.test(line)),
    configfs: tree(GADGETS, 1),
    notes: NOTES.flatMap((path) => tree(path, 2)),
    events: process.getActiveResourcesInfo().sort(),
    'dma-bufs': dmaBufs(),
  };
}

/** The inventory once it does not change any more: the event loop closes some things in its next turns. */
export async function settledInventory(): Promise<Inventory> {
  let last = takeInventory();
  for (let turn = 0; turn < TURNS; turn++) {
    await pause(PERIOD);
    const now = takeInventory();
    if (differences(last, now).length === 0) return now;
    last = now;
  }
  return last;
}

/** Lists what was added and what was removed; empty if nothing changed. */
function differences(before: Inventory, after: Inventory, kinds: readonly Kind[] = EVERYTHING): string[] {
  return kinds.flatMap((kind) => {
    const gone = without(before[kind], after[kind]).map((name) => `${kind}: - ${name}`);
    const come = without(after[kind], before[kind]).map((name) => `${kind}: + ${name}`);
    return [...gone, ...come];
  });
}

/**
 * Waits until everything is as it was; see {@link settledInventory}.
 *
 * @throws Error something stays behind, or is gone
 */
export async function expectNothingLeft(before: Inventory, kinds: readonly Kind[] = EVERYTHING): Promise<void> {
  let all: string[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    await pause(turn === 0 ? 0 : PERIOD);
    all = differences(before, takeInventory(), kinds);
    if (all.length === 0) return;
  }
  throw new Error(`left behind (+) or missing (-):\n  ${all.join('\n  ')}`);
}

function without(list: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return list.filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Open files, without the numbers that the kernel counts on. */
function descriptors(): string[] {
  const names = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]$/, '')];
    } catch {
      // The descriptor with which the directory is read.
      return [];
    }
  });
  return names.sort();
}

/** Names in a directory and, down to a depth, in its directories. */
function tree(path: string, depth: number): string[] {
  if (depth === 0 || !existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => [
    `${path}/${entry.name}`,
    ...(entry.isDirectory() ? tree(`${path}/${entry.name}`, depth - 1) : []),
  ]);
}

/** Buffers of the whole machine; none where the kernel does not tell. */
function dmaBufs(): string[] {
  if (!existsSync(DMA_BUFS)) return [];
  const text = readFileSync(DMA_BUFS, 'utf8');
  return [/^Total \d+ objects/m.exec(text)?.[0] ?? ''];
}
