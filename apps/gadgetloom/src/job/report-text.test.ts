import { describe, expect, it } from 'vitest';
import { fold } from '../terminal/fold.ts';
import type { DirectionReport, JobReport } from './main-job.ts';
import { jobLines, stoppedLine } from './report-text.ts';

const direction = (endpoint: string, more: Partial<DirectionReport> = {}): DirectionReport => ({
  ...{ endpoint, transfers: 1527, bytes: 100_045_128, errors: 0, path: 'dmabuf', copying: null },
  ...more,
});
const [one, other] = ['0'.repeat(64), 'f'.repeat(64)];
const report: JobReport = {
  ...{ in: direction('stream.samples'), out: direction('stream.commands') },
  ...{ sha256: { sent: one, received: one }, verdict: 'identical', seconds: 0.5, busSeconds: null },
  ...{ speed: 'super', cancelled: 0 },
};

describe('the report of a job', () => {
  it('fits into 80 columns', () => {
    const lines = jobLines(report, '/usr/bin/node');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines).toEqual([
      expect.stringMatching(
        /^IN {3}stream\.samples {3}95\.4 MiB {3}200 MB\/s {2}1.527 transfers {2}0 errors {2}DMABUF$/,
      ),
      expect.stringMatching(/^OUT {2}stream\.commands {2}95\.4 MiB/),
      `sha256 ${one}`,
      'identical: /usr/bin/node, 0.50 s at super speed',
    ]);
  });

  it('tells both hashes where they differ', () => {
    const lines = jobLines({ ...report, verdict: 'different', sha256: { sent: one, received: other } }, 'a');
    expect(lines.slice(2, 5)).toEqual(['sha256', `  sent      ${one}`, `  received  ${other}`]);
    for (const line of lines) expect(fold(line, 80)).toBe(line);
  });

  it('tells the time of a bus that takes time, and its rate', () => {
    expect(jobLines({ ...report, busSeconds: 0.25 }, 'a')).toContain(
      'on the simulated bus: 250 ms, IN 400 MB/s, OUT 400 MB/s',
    );
  });

  it('says what became of the output of a job that was stopped', () => {
    expect(stoppedLine({ ...report, cancelled: 8 }, 'back.bin')).toBe(
      'stopped: 8 transfers cancelled, all buffers back; "back.bin" is not written',
    );
    expect(stoppedLine(report, undefined)).toBe('stopped: 0 transfers cancelled, all buffers back');
  });
});
