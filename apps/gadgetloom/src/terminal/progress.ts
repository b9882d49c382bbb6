import { SingleBar } from 'cli-progress';
import { formatRate, formatSize, plural } from './units.ts';

/** The progress of a stream. */
export interface Tally {
  readonly bytes: number;
  readonly transfers: number;
  readonly errors: number;
}

/** Shows the progress of a job. */
export interface Progress {
  begin(): void;
  update(tally: Tally): void;
  stop(): void;
}

/** Draws a bar on a terminal, at most ten times a second. */
export function barProgress(stream: NodeJS.WriteStream, total: number): Progress {
  const bar = new SingleBar({
    stream,
    format: '{bar} {percentage} %  {size}  {rate}  {transfers}  {errors}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    fps: 10,
  });
  let began = 0;
  return {
    begin: () => {
      began = performance.now();
      bar.start(total, 0, { size: formatSize(0), rate: '', transfers: '', errors: '' });
    },
    update: ({ bytes, transfers, errors }) => {
      const seconds = Math.max(performance.now() - began, 1) / 1000;
      bar.update(bytes, {
        size: formatSize(bytes),
        rate: formatRate(bytes / seconds),
        transfers: plural(transfers, 'transfer'),
        errors: plural(errors, 'error'),
      });
    },
    stop: () => bar.stop(),
  };
}
