import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { killGroup, whenInterrupted } from '../interruption.ts';
import { LabError } from '../lab-error.ts';

/** The device beside a guest, and the host that it is plugged into. */
export interface DeviceOptions {
  /** Fastest speed of the host; `'super'` unless given. */
  readonly speed?: 'high' | 'super';
  /** The factor by which time slows down for both; 1 unless given. */
  readonly slowness?: number;
}

/** A DWC3 that runs as a process beside a guest, until it is disposed. */
export class DeviceProcess implements Disposable {
  /** Calls of the guest to the host at the other end of the cable, and its answers. */
  readonly line: Duplex;
  readonly #child: ChildProcess;
  readonly #ended: () => void;

  private constructor(child: ChildProcess, ended: () => void) {
    this.#child = child;
    this.#ended = ended;
    this.line = child.stdio[3] as Duplex;
    // The guest may end in the middle of a call.
    this.line.on('error', () => {});
  }

  /** Starts it. @param socket where the guest's kernel connects @throws LabError it did not get that far */
  static async start(socket: string, { speed = 'super', slowness = 1 }: DeviceOptions): Promise<DeviceProcess> {
    const program = join(import.meta.dirname, '../dwc3/device.js');
    const args = ['--socket', socket, '--speed', speed, '--slowness', `${slowness}`];
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'ipc'],
      detached: true,
    });
    const device = new DeviceProcess(
      child,
      whenInterrupted(() => killGroup(child.pid)),
    );
    const failed = once(child, 'exit').then(([status]) => {
      throw new LabError(`The device of the guest ended with status ${status}.`);
    });
    failed.catch(() => {});
    await Promise.race([once(child, 'message'), failed]);
    return device;
  }

  [Symbol.dispose](): void {
    this.#ended();
    killGroup(this.#child.pid);
  }
}
