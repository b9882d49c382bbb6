import { crc32, fillPattern } from './pattern.ts';

const SEEDED = /(?:(?<count>\d+) crc=)?seed:(?<seed>\d+|zero)(?:\+(?<skip>\d+))?(?:\/(?<length>\d+))?/;

/**
 * An expected outcome with every `seed:` replaced by the checksum that it stands for. `seed:7/4096` is that of the first
 * 4096 bytes of pattern 7, `seed:7+1024/4096` that of the 4096 bytes after the first 1024, and `seed:zero/4096` that of as
 * many zeros. In `4096 crc=seed:7` the count in front is the length.
 */
export function withChecksums(expected: string): string {
  const found = SEEDED.exec(expected);
  if (found?.groups === undefined) return expected;
  const { count, seed, skip = '0', length = count } = found.groups;
  if (length === undefined) return expected;
  const bytes = new Uint8Array(Number(skip) + Number(length));
  if (seed !== 'zero') fillPattern(bytes, Number(seed));
  const checksum = crc32(bytes.subarray(Number(skip)));
  return expected.replace(found[0], count === undefined ? checksum : `${count} crc=${checksum}`);
}
