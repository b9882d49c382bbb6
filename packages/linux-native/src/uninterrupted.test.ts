import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-uninterrupted-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('two system calls with nothing in between', { timeout: 60_000 }, () => {
  it('are made again from the first one on, at whichever instruction between them the kernel takes the processor away', () => {
    const program = join(folder, 'uninterrupted');
    const source = join(import.meta.dirname, 'uninterrupted.test.c');
    const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror'];
    execFileSync(process.env.CC ?? 'cc', [...flags, '-o', program, source]);
    const { status, stdout } = spawnSync(program, { encoding: 'utf8' });
    expect(stdout.split('\n').filter((line) => line.startsWith('FAILED'))).toEqual([]);
    expect(status).toBe(0);
  });
});
