import { expect, it } from 'vitest';
import { formatTable } from './table.ts';

it('lines up results, and shows where a target is missed', () => {
  const table = formatTable([
    {
      name: 'IN, against Buffer.copy',
      ours: 18.25,
      rival: 24.123456,
      unit: 'GB/s',
      ratio: 0.7565,
      target: 0.7,
      met: true,
    },
    { name: 'small', ours: 312_345.6, rival: null, unit: 'transfers/s', ratio: null, target: 400_000, met: false },
  ]);
  expect(table).toBe(
    [
      'benchmark                               ours       rival  ratio               target  met',
      'IN, against Buffer.copy           18.25 GB/s  24.12 GB/s   0.76                  0.7  yes',
      'small                    312 346 transfers/s                     400 000 transfers/s   NO',
      '',
    ].join('\n'),
  );
});
