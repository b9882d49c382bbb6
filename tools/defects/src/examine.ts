import { Worker } from 'node:worker_threads';
import type { Examination, Finding } from './examination.ts';

/** Milliseconds that a requirement may take; a model that is so broken that it never comes back is given up then. */
const PATIENCE = 30_000;

/** A requirement that does not hold, and how that showed. */
export interface Failure {
  readonly requirement: string;
  readonly difference: string;
}

/** Plays requirements on a model with a defect, or on the sound one. @returns those that do not hold */
export function examine(program: URL, examination: Examination): Promise<Failure[]> {
  return new Promise((resolve) => {
    const failures: Failure[] = [];
    let at = '';
    const worker = new Worker(program, { workerData: examination });
    const end = (difference?: string): void => {
      clearTimeout(timer);
      if (difference !== undefined) failures.push({ requirement: at, difference });
      resolve(failures);
      void worker.terminate();
    };
    const timer = setTimeout(() => end('It never came back.'), PATIENCE);
    worker.on('message', ({ requirement, difference }: Finding) => {
      timer.refresh();
      at = requirement;
      if (difference !== undefined) failures.push({ requirement, difference });
    });
    worker.on('error', (error: Error) => end(error.stack ?? error.message));
    worker.on('exit', () => end());
  });
}
