import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Machine } from './measure.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** The machine that this runs on. */
export const machine: Machine = {
  // Time on the processor: what else the machine does takes the processor away, and would count on a wall clock.
  now: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  heap: () => {
    collectGarbage();
    collectGarbage();
    return process.memoryUsage().heapUsed;
  },
};
