import type { DeviceOptions } from './device-process.ts';

export interface RunOptions {
  /** Shell text that the guest runs. */
  readonly command: string;
  /** The repository, mounted at /repository. */
  readonly repository: string;
  /** Seconds until the guest counts as hung. */
  readonly timeout: number;
  readonly memoryMiB?: number;
  readonly cpus?: number;
  /**
   * Time passes for the guest by what it does, and at once when it waits: the same on an idle machine and a busy one.
   * Nothing can be measured then.
   */
  readonly virtualTime?: boolean;
  /** The device beside the guest, on machines that have one. */
  readonly device?: DeviceOptions;
  /** Takes what the command prints. */
  readonly print: (line: string) => void;
  /** Takes what the kernel says meanwhile; nobody, unless given. */
  readonly printKernel?: (line: string) => void;
  /** Complaints of the kernel that are none here. */
  readonly known?: readonly RegExp[];
  /** Let a person type into the guest. */
  readonly interactive?: boolean;
}

export interface RunResult {
  /** Exit status of the command; `undefined` if the guest died or hung first, or was interactive. */
  readonly status: number | undefined;
  /** Complaints of the kernel. */
  readonly faults: readonly string[];
  readonly hung: boolean;
  /** Seconds, start to end. */
  readonly duration: number;
}

/** Processors of guests, as Node calls them. */
export type Architecture = 'x64' | 'arm64' | 'arm';

/** A kernel that can be booted, again and again. */
export interface Machine {
  readonly architecture: Architecture;
  /** Path of Node in the guest. */
  readonly node: string;
  readonly description: string;
  /** The factor by which all time limits grow; 1 unless given. */
  readonly patience?: number;
  run(options: RunOptions): Promise<RunResult>;
}
