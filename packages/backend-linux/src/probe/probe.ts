import { isKernelError, type ProbeResult } from '@gadgetloom/core';
import type { ControllerChoice } from '../controller/udc-directory.ts';
import { fromNode } from '../kernel/kernel-call.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { CHECKS } from './checks.ts';

/** One thing that was looked at, and how it is. */
export interface Finding {
  readonly name: string;
  /** Without it the backend cannot run; otherwise it only can do less. */
  readonly required: boolean;
  readonly result: ProbeResult;
}

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
    if (!result.ok) return [result.reason.replace(/\.$/, '')];
    return name === 'controller' || name === 'buffers' ? [result.summary ?? name] : [];
  });
  return { ok: true, summary: parts.join(', ') };
}
