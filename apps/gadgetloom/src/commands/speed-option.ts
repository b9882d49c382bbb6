import { Option } from 'commander';

/** Speeds of a bus, the slowest first. */
export const SPEEDS = ['full', 'high', 'super'] as const;

export type Speed = (typeof SPEEDS)[number];

/** `--speed full|high|super`. */
export const speedOption = (description: string): Option => new Option('--speed <speed>', description).choices(SPEEDS);
