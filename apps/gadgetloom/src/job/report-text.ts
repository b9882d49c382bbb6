import { formatRate, formatSize, plural } from '../terminal/units.ts';
import type { DirectionReport, JobReport } from './main-job.ts';

const directionLine = (name: string, report: DirectionReport, seconds: number): string => {
  const path = report.path === 'copy' ? 'copied (no scatter-gather)' : 'DMABUF';
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
  return [
    directionLine('IN', report.in, seconds),
    directionLine('OUT', report.out, seconds),
    `sent      sha256 ${sha256?.sent}  ${input}`,
    `received  sha256 ${sha256?.received}`,
    `${verdict}, ${seconds.toFixed(2)} s at ${report.speed} speed`,
  ];
}

/** What became of a job that somebody stopped. */
export function stoppedLine({ cancelled }: JobReport): string {
  return `stopped: ${plural(cancelled, 'transfer')} cancelled, all buffers back`;
}
