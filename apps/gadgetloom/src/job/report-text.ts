import type { CopyReason } from '@gadgetloom/streams';
import { formatRate, formatSeconds, formatSize, plural } from '../terminal/units.ts';
import type { DirectionReport, JobReport } from './main-job.ts';

/** Explains why bytes were copied. */
const COPYING: Readonly<Record<CopyReason, string>> = {
  EPERM: 'the controller takes no scatter-gather requests, so FunctionFS takes no DMABUFs (EPERM)',
  ENOTTY: 'FunctionFS of this kernel takes no DMABUFs (ENOTTY); Linux 6.9 and later does',
};

/** Describes the result of a job for people. */
export function jobLines(report: JobReport, input: string): string[] {
  const { seconds, busSeconds, verdict } = report;
  const copying = report.in.copying ?? report.out.copying;
  const width = Math.max(report.in.endpoint.length, report.out.endpoint.length);
  return [
    directionLine('IN', report.in, width, seconds),
    directionLine('OUT', report.out, width, seconds),
    ...(copying === null ? [] : [`copied: ${COPYING[copying]}`]),
    ...(busSeconds === null ? [] : [busLine(report, busSeconds)]),
    ...hashLines(report),
    `${verdict}: ${input}, ${formatSeconds(seconds)} at ${report.speed} speed`,
  ];
}

function directionLine(name: string, report: DirectionReport, width: number, seconds: number): string {
  const cells = [
    name.padEnd(3),
    report.endpoint.padEnd(width),
    formatSize(report.bytes).padStart(8),
    formatRate(report.bytes / seconds).padStart(9),
    plural(report.transfers, 'transfer'),
    plural(report.errors, 'error'),
    report.copying === null ? 'DMABUF' : 'copied',
  ];
  return cells.join('  ');
}

/** Says how long a real bus would have taken, independent of the processor of this machine. */
function busLine({ in: sent, out: received }: JobReport, seconds: number): string {
  const rate = ({ bytes }: DirectionReport): string => formatRate(bytes / seconds);
  return `on the simulated bus: ${formatSeconds(seconds)}, IN ${rate(sent)}, OUT ${rate(received)}`;
}

/** Prints one line if the hashes are equal, because 80 columns have no room for two hashes. */
function hashLines({ sha256 }: JobReport): string[] {
  if (sha256 === null) return [];
  if (sha256.sent === sha256.received) return [`sha256 ${sha256.sent}`];
  return ['sha256', `  sent      ${sha256.sent}`, `  received  ${sha256.received}`];
}

/** Describes a job that somebody stopped. @param output the file that was being written */
export function stoppedLine({ cancelled }: JobReport, output: string | undefined): string {
  const unwritten = output === undefined || output === '-' ? '' : `; "${output}" is not written`;
  return `stopped: ${plural(cancelled, 'transfer')} cancelled, all buffers back${unwritten}`;
}
