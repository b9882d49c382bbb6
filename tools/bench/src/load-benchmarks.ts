import { readdirSync } from 'node:fs';
import { type Benchmark, benchmarks } from './benchmark.ts';

/** Every benchmark, in the order of the names of their modules. */
export async function loadBenchmarks(): Promise<readonly Benchmark[]> {
  for (const file of readdirSync(import.meta.dirname).sort())
    if (file.endsWith('.bench.js')) await import(new URL(file, import.meta.url).href);
  return benchmarks;
}
