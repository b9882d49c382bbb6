import type { SuiteReport } from './run-suite.ts';

const indent = (text: string): string => text.replace(/^/gm, '    ');

/** A report for people: a line per requirement that did not pass, and a summary per group. */
export function formatReport({ target, groups, passed, failed, notApplicable }: SuiteReport): string {
  const lines: string[] = [];
  for (const { group, results } of groups) {
    const good = results.filter(({ verdict }) => verdict === 'passed').length;
    const applicable = results.filter(({ verdict }) => verdict !== 'not applicable').length;
    lines.push(`${group.title}: ${good} of ${applicable}`);
    for (const result of results) {
      const { id, sentence, source } = result.requirement;
      if (result.verdict === 'failed')
        lines.push(`  failed  ${id}: ${sentence}`, `    Source: ${source}`, indent(result.difference));
      if (result.verdict === 'not applicable') lines.push(`  n/a     ${id}: ${result.reason}`);
    }
  }
  lines.push(`${target}: ${passed} passed, ${failed} failed, ${notApplicable} not applicable`);
  return lines.join('\n');
}
