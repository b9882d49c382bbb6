import { type Finding, isKernelError, type ProbeResult } from '@gadgetloom/core';
import type { ControllerChoice } from '../controller/udc-directory.ts';
import { fromNode } from '../kernel/kernel-call.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { CHECKS } from './checks.ts';

/** Checks whose failure the summary of a backend that can run reports. */
const SUMMARY: readonly string[] = ['controller', 'controller is free', 'scatter-gather', 'kernel', 'buffers'];
/** Checks whose success the summary reports as well. */
const ALWAYS: readonly string[] = ['controller', 'buffers'];

/** Runs every check on this machine, without changing anything. */
export function inspect(paths: LinuxPaths, choice: ControllerChoice = {}): Finding[] {
  return CHECKS.map(({ name, required, run }) => ({ name, required, result: look(() => run(paths, choice)) }));
}

/** Runs a check. An errno is a finding too: the check could not look. */
function look(check: () => ProbeResult): ProbeResult {
  try {
    return check();
  } catch (error) {
    const refused = fromNode(error, 'look at it');
    if (!isKernelError(refused)) throw refused;
    return { ok: false, reason: refused.message, advice: 'Then try again.' };
  }
}

/** Says whether the backend can run: the first failure of a required check, or what the backend would run on. */
export function verdict(findings: readonly Finding[]): ProbeResult {
  for (const { required, result } of findings) if (required && !result.ok) return result;
  const parts = findings.flatMap(({ name, result }) => {
    if (!SUMMARY.includes(name)) return [];
    if (!result.ok) return [result.reason.replace(/\.$/, '')];
    return ALWAYS.includes(name) || (name === 'scatter-gather' && result.uncertain) ? [result.summary ?? name] : [];
  });
  return { ok: true, summary: parts.join(', ') };
}
