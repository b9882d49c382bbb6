import { join } from 'node:path';
import { cached } from '../cache.ts';
import { command } from '../command.ts';

/** Prints the frequency of this machine's time stamp counter in kHz. */
const program = `
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>
static double seconds(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC_RAW, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
int main(void) {
  double start = seconds(); unsigned long long from = __rdtsc();
  while (seconds() - start < 0.2) { }
  printf("%.0f", (__rdtsc() - from) / (seconds() - start) / 1000);
}
`;

/**
 * Frequency in kHz of the counter that an emulated machine sees. Told to the guest, because measuring it there fails
 * in every second boot.
 */
export async function measureTsc(): Promise<number> {
  const root = await cached('tsc', async (directory) => {
    const binary = join(directory, 'measure');
    await command('cc', ['-O2', '-x', 'c', '-o', binary, '-'], { input: Buffer.from(program) });
  });
  return Number((await command(join(root, 'measure'), [])).toString());
}
