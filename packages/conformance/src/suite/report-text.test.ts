import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from '../catalogue.ts';
import { formatReport } from './report-text.ts';

const LONG = 'dma-fence.c, dma_fence_add_callback and dma_fence_signal_timestamp_locked; dma-buf.c, dma_buf_poll_cb';
const requirement = { ...REQUIREMENTS[0]!.requirements[0]!, id: 'long', source: LONG };

describe('a report for people', () => {
  it('has at most 80 columns of prose, and steps as they are', () => {
    const difference = [
      '   alloc b0 4096                            => size=4096',
      '-  fence d                                  => status=signaled n=3 functionfs=signaled functionfs=signaled',
      '+  fence d                                  => EBADF',
      '   bind scenario: EBUSY: it cannot run on acme.0: AcmeController.start: ENOSYS: not implemented yet.',
    ].join('\n');
    const sentence = 'A sync file that is merged of many is over when the last of all its fences has come to its end.';
    const results = [
      { requirement: { ...requirement, sentence }, verdict: 'failed', difference } as const,
      {
        requirement,
        verdict: 'not applicable',
        reason: 'only with a controller with scatter-gather, of which '.repeat(2),
      } as const,
    ];
    const groups = [{ group: REQUIREMENTS[0]!, results }];
    const lines = formatReport({ target: 'acme', groups, passed: 0, failed: 1, notApplicable: 1 }).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([`    ${difference.split('\n')[1]}`]);
    expect(lines.slice(0, 5)).toEqual([
      'Buffers: 0 of 1',
      '  failed  long: A sync file that is merged of many is over when the last of all',
      '          its fences has come to its end.',
      '    Source: dma-fence.c, dma_fence_add_callback and',
      '            dma_fence_signal_timestamp_locked; dma-buf.c, dma_buf_poll_cb',
    ]);
    expect(lines).toContain('       bind scenario: EBUSY: it cannot run on acme.0: AcmeController.start:');
    expect(lines).toContain('       ENOSYS: not implemented yet.');
  });
});
