import { type Finding, isKernelError, type ProbeResult } from '@gadgetloom/core';
import type { ControllerChoice } from '../controller/udc-directory.ts';
import { fromNode } from '../kernel/kernel-call.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { CHECKS } from './checks.ts';

/** What the summary of a backend that can run is made of; the reasons against, where something is missing. */
const SUMMARY: readonly string[] = ['controller', 'controller is free', 'scatter-gather', 'kernel', 'buffers'];
const ALWAYS: readonly string[] = ['controller', 'buffers'];

/** Looks at everything that the backend needs of this machine. Nothing is changed. */
export function inspect(paths: LinuxPaths, choice: ControllerChoice = {}): Finding[] {
  return CHECKS.map(({ name, required, run }) => ({ name, required, result: look(() => run(paths, choice)) }));
}

/** What a check finds, also where the machine does not let it look. */
function look(check: () => ProbeResult): ProbeResult {
  try {
    return check();
  } catch (error) {
    const refused = fromNode(error, 'look at it');
    if (!isKernelError(refused)) throw refused;
    return { ok: false, reason: refused.message, advice: 'Then try again.' };
  }
}

/** Whether the backend can run: the first reason against it, or what it would run on. */
export function verdict(findings: readonly Finding[]): ProbeResult {
  for (const { required, result } of findings) if (required && !result.ok) return result;
  const parts = findings.flatMap(({ name, result }) => {
    if (!SUMMARY.includes(name)) return [];
    if (!result.ok) return [result.reason.replace(/\.$/, '')];
    return ALWAYS.includes(name) ? [result.summary ?? name] : [];
  });
  return { ok: true, summary: parts.join(', ') };
}
