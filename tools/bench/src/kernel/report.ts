import { formatColumns } from '../table.ts';
import type { Setting, Verdict } from './duel.ts';

const KIB = 1024;
/** What the throughput over that of C has to reach, and what the processor's time over that of C must not exceed. */
const LEAST_SPEED = 0.95;
const MOST_PROCESSOR = 1.5;
/** The target of the processor's time is one for transfers of this size. */
const JUDGED_SIZE = 64 * KIB;

const sizeName = (size: number): string => (size >= KIB * KIB ? `${size / KIB / KIB} MiB` : `${size / KIB} KiB`);
const verdictOn = (value: number, met: boolean): string => `${value.toFixed(2)}${met ? '' : ' MISSED'}`;

/** `64 KiB IN depth 4`. */
export const nameOf = ({ direction, size, depth }: Setting): string =>
  `${sizeName(size)} ${direction.toUpperCase()} depth ${depth}`;

/** The ratios, for those who wait for the table. */
export const summaryOf = ({ speedRatio, processorRatio }: Verdict): string =>
  `${speedRatio.toFixed(2)} of the throughput of C, ${processorRatio.toFixed(2)} of its processor time`;

/** One row for each. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((one) => [
    `${nameOf(one)}, ${one.way}`,
    `${(one.speed / 1e6).toFixed(0)} MB/s`,
    `${(one.rivalSpeed / 1e6).toFixed(0)} MB/s`,
    verdictOn(one.speedRatio, one.speedRatio >= LEAST_SPEED),
    `${(one.processor * 1e6).toFixed(0)} us`,
    `${(one.rivalProcessor * 1e6).toFixed(0)} us`,
    verdictOn(one.processorRatio, one.size !== JUDGED_SIZE || one.processorRatio <= MOST_PROCESSOR),
  ]);
  const head = ['transfers', 'ours', 'C', `>= ${LEAST_SPEED}`, 'CPU each', 'C', `<= ${MOST_PROCESSOR} (64 KiB)`];
  return formatColumns([head, ...rows]);
}
