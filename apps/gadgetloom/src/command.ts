import type { Command } from 'commander';
import type { Output } from './terminal/output.ts';

/** The work of a command. @returns exit status */
export type Work = (output: Output) => Promise<number>;

/** Does the work of the chosen command, and keeps its exit status. */
export type Perform = (work: Work) => Promise<void>;

/**
 * Adds a command to the program: its name, its options and its help. It must stay light, because every start of the
 * program calls it. The work imports its own code when it begins.
 */
export type Register = (program: Command, perform: Perform) => void;
