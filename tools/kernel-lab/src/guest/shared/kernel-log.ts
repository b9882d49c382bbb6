import { spawnSync } from 'node:child_process';
import { expect } from './expect.ts';

/** Priority, seconds, text. The brackets are left out: what is printed with them counts as said by the kernel. */
const LINE = /^<(\d+)>\[ *([\d.]+)\] (.*)$/;
/** Priorities of the kernel's log: warnings, and worse. */
const WARNING = 4;
/** Bits of a priority that say how serious it is. */
const SEVERITY = 0x07;
/** Warnings of the kernel that are harmless. */
const USUAL: readonly RegExp[] = [
  // f_fs.c, functionfs_unbind, dequeues its request of endpoint 0 whether it is queued or not, and dwc3 says that it is not.
  /request \w+ was not queued to ep0out/,
  // A gadget that is hidden from the host before it is unbound, by soft_connect, is stopped twice (udc/core.c).
  /UDC had already stopped/,
];

/** The warnings of the kernel since it was started, oldest first. */
export function kernelWarnings(): string[] {
  const { stdout } = spawnSync('dmesg', ['-r'], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, priority, seconds, text] = LINE.exec(line) ?? [];
    const warns = text !== undefined && (Number(priority) & SEVERITY) <= WARNING;
    return warns && !USUAL.some((usual) => usual.test(text)) ? [`${seconds} ${text}`] : [];
  });
}

/** Tells new warnings from those that were there when it was made. */
export class KernelLog {
  #known = kernelWarnings().length;

  /** @throws Error the kernel has warned since the last time, and of what */
  expectClean(): void {
    const warnings = kernelWarnings();
    const fresh = warnings.slice(this.#known);
    this.#known = warnings.length;
    expect(fresh.length === 0, `the kernel says:\n${fresh.join('\n')}`);
  }
}
