import { expect, it } from 'vitest';
import { tableLines } from './table.ts';

const rows = [
  ['size', 'depth 1', 'depth 2', 'depth 4'],
  ['4 KiB', '1 MB/s', '2 MB/s', '4 MB/s'],
];

it('a table is flush right', () => {
  expect(tableLines(rows, undefined)).toEqual([' size  depth 1  depth 2  depth 4', '4 KiB   1 MB/s   2 MB/s   4 MB/s']);
});

it('a table goes on below where the terminal is too narrow, with its first column', () => {
  expect(tableLines(rows, 24)).toEqual([
    ...[' size  depth 1  depth 2', '4 KiB   1 MB/s   2 MB/s'],
    ...[' size  depth 4', '4 KiB   4 MB/s'],
  ]);
  expect(tableLines(rows, 5)).toHaveLength(6);
});
