import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ADDON_TESTS, compileAddonTests } from './addon-tests.ts';
import { command } from './command.ts';
import { ensurePrograms } from './debian-packages.ts';
import { type ForeignArchitecture, fetchNode } from './foreign-node.ts';
import { bundleGuestPrograms, GUEST_PROGRAMS } from './guest-bundle.ts';
import { judge, type SuiteVerdict } from './suite-verdict.ts';

const EMULATORS: Readonly<Record<ForeignArchitecture, string>> = {
  arm64: 'qemu-aarch64-static',
  arm: 'qemu-arm-static',
  riscv64: 'qemu-riscv64-static',
};

/** QEMU's emulation of programs has no io_setup(2), and answers ioctls that it does not know itself. A guest has all. */
const NOT_EMULATED = [
  'asynchronous reads and writes',
  'system calls give their result',
  'requests that could crash a kernel',
  'a poller asks for the status of the sync file of a token',
];

/**
 * Runs the tests of the addon as it is published for another processor: a program that is emulated, on the kernel of
 * this machine.
 */
export async function runEmulatedAddon(
  architecture: ForeignArchitecture,
  repository: string,
  say: (line: string) => void,
  print: (line: string) => void,
): Promise<SuiteVerdict> {
  const emulator = EMULATORS[architecture];
  await ensurePrograms([{ program: emulator, debianPackage: 'qemu-user-static' }], say);
  const root = await fetchNode(architecture, say);
  await command(process.execPath, [join(repository, 'packages/linux-native/build.mjs'), architecture]);
  await compileAddonTests(repository);
  await bundleGuestPrograms(repository);
  const words = [`${GUEST_PROGRAMS}/addon.js`, ...NOT_EMULATED.flatMap((name) => ['--without', name])];
  const args = ['-L', root, join(root, 'usr/bin/node'), ...words, ADDON_TESTS];
  const began = performance.now();
  const [status, output] = await new Promise<[number | null, string]>((resolve, reject) => {
    const child = spawn(emulator, args, { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.on('error', reject).on('close', (code) => resolve([code, text]));
  });
  const duration = (performance.now() - began) / 1000;
  const printed = output.trimEnd().split('\n');
  const verdict = judge(printed, { status: status ?? undefined, faults: [], hung: false, duration });
  for (const line of [`addon (${architecture}, ${duration.toFixed(1)} s)`, ...printed]) print(line);
  for (const trouble of verdict.troubles) print(`FAILED addon: ${trouble}`);
  return verdict;
}
