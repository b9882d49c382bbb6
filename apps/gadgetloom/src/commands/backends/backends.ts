import { type Finding, type Plugin, suggestion } from '@gadgetloom/core';
import { type BackendReport, probeBackends } from '@gadgetloom/gadget/backends';
import { knownBackends } from '../../backends.ts';
import type { Output } from '../../terminal/output.ts';
import { UsageError } from '../../usage-error.ts';

/** Widths of the columns for the state of a backend and of a finding. */
const STATE = 'not usable'.length;
const FINDING = 'missing'.length;

/** Options of the command line. */
export interface BackendsOptions {
  /** Name or driver of a controller of this machine. */
  readonly controller?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/**
 * `gadgetloom backends`: lists the backends and says which can run. Explains what the others need.
 *
 * @returns exit status
 */
export async function backends(
  name: string | undefined,
  { controller, json, verbose = name !== undefined }: BackendsOptions,
  output: Output,
): Promise<number> {
  const chosen = choose(name, knownBackends(controller === undefined ? {} : { controller }));
  const reports = await probeBackends(chosen);
  const findings = await Promise.all(
    chosen.map(async (plugin) => (verbose ? ((await plugin.inspect?.()) ?? []) : undefined)),
  );
  if (json) {
    const list = reports.map(({ name: own, description, probe }, index) => ({
      ...{ name: own, description, ...probe },
      ...(findings[index] && { findings: findings[index].map(({ result, ...rest }) => ({ ...rest, ...result })) }),
    }));
    output.line(JSON.stringify(list, undefined, 2));
    return 0;
  }
  const width = Math.max(...reports.map((report) => report.name.length));
  for (const [index, report] of reports.entries()) {
    output.line(reportLine(report, width), width + 2 + STATE + 2);
    const found = findings[index] ?? [];
    const names = Math.max(0, ...found.map((finding) => finding.name.length));
    for (const finding of found) output.line(findingLine(finding, names), FINDING + 2 + names + 2);
  }
  return 0;
}

/** @throws UsageError there is no such backend */
function choose(name: string | undefined, all: readonly Plugin[]): readonly Plugin[] {
  const chosen = name === undefined ? all : all.filter((plugin) => plugin.name === name);
  if (chosen.length > 0) return chosen;
  const names = all.map((plugin) => plugin.name);
  throw new UsageError(`There is no backend "${name}"; there are ${names.join(', ')}${suggestion(name!, names)}`);
}

function reportLine({ name, description, probe }: BackendReport, width: number): string {
  const words = probe.ok ? (probe.summary ?? description ?? '') : `${probe.reason} ${probe.advice}`;
  return `${name.padEnd(width)}  ${(probe.ok ? 'usable' : 'not usable').padEnd(STATE)}  ${words}`.trimEnd();
}

/** Describes a finding. A backend cannot run without a required one (`missing`), and does less `without` the others. */
function findingLine({ name, required, result }: Finding, width: number): string {
  const state = result.ok ? (result.uncertain ? 'unknown' : 'ok') : required ? 'missing' : 'without';
  const words = result.ok ? (result.summary ?? '') : `${result.reason} ${result.advice}`;
  return `  ${state.padEnd(FINDING)}  ${name.padEnd(width)}  ${words}`.trimEnd();
}
