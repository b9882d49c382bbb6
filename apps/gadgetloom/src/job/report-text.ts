import type { CopyReason } from '@gadgetloom/streams';
import { formatRate, formatSize, plural } from '../terminal/units.ts';
import type { DirectionReport, JobReport } from './main-job.ts';

/** Why bytes were copied: in a word, and in a sentence. */
const COPYING: Readonly<Record<CopyReason, readonly [word: string, why: string]>> = {
  EPERM: [
    'no scatter-gather',
    'the controller takes no scatter-gather requests, so that FunctionFS takes no DMABUFs (EPERM)',
  ],
  ENOTTY: ['old kernel', 'FunctionFS of this kernel takes no DMABUFs (ENOTTY); that of Linux 6.9 and later does'],
};

const directionLine = (name: string, report: DirectionReport, seconds: number): string => {
  const path = report.copying === null ? 'DMABUF' : `copied (${COPYING[report.copying][0]})`;
  const cells = [
    name.padEnd(3),
    report.endpoint.padEnd(20),
    formatSize(report.bytes).padStart(10),
    formatRate(report.bytes / seconds).padStart(10),
    plural(report.transfers, 'transfer'),
    plural(report.errors, 'error'),
    path,
  ];
  return cells.join('  ');
};

/** What became of a job, for people. */
export function jobLines(report: JobReport, input: string): string[] {
  const { seconds, sha256, verdict } = report;
  const copying = report.in.copying ?? report.out.copying;
  return [
    directionLine('IN', report.in, seconds),
    directionLine('OUT', report.out, seconds),
    ...(copying === null ? [] : [`copied: ${COPYING[copying][1]}`]),
    `sent      sha256 ${sha256?.sent}  ${input}`,
    `received  sha256 ${sha256?.received}`,
    `${verdict}, ${seconds.toFixed(2)} s at ${report.speed} speed`,
  ];
}

/** What became of a job that somebody stopped. */
export function stoppedLine({ cancelled }: JobReport): string {
  return `stopped: ${plural(cancelled, 'transfer')} cancelled, all buffers back`;
}
