import type { RequirementResult } from './check-requirement.ts';
import type { GroupReport, SuiteReport } from './run-suite.ts';

const COLUMNS = 80;
const DETAIL = '    ';

/** Formats a report at 80 columns: a summary per group, and each requirement that did not pass. */
export function formatReport(report: SuiteReport): string {
  return [...report.groups.map(formatGroup), formatTotal(report)].join('\n');
}

/** Formats the part of a report about one group. */
export function formatGroup({ group, results }: GroupReport): string {
  const good = results.filter(({ verdict }) => verdict === 'passed').length;
  const applicable = results.filter(({ verdict }) => verdict !== 'not applicable').length;
  return [`${group.title}: ${good} of ${applicable}`, ...results.flatMap(linesOf)].join('\n');
}

/** Formats the last line of a report. */
export function formatTotal({ target, passed, failed, notApplicable }: SuiteReport): string {
  return `${target}: ${passed} passed, ${failed} failed, ${notApplicable} not applicable`;
}

function linesOf(result: RequirementResult): string[] {
  const { id, sentence, source } = result.requirement;
  if (result.verdict === 'not applicable') return [wrapped(`n/a     ${id}: ${result.reason}`, '  ', 8)];
  if (result.verdict === 'passed') return [];
  return [
    wrapped(`failed  ${id}: ${sentence}`, '  ', 8),
    wrapped(`Source: ${source}`, DETAIL, 8),
    ...result.difference.split('\n').map(detail),
  ];
}

/** Keeps steps of a scenario and stack frames on their own lines, and wraps everything else. */
function detail(line: string): string {
  if (/^[-+ ] {2}\S.* =>|^ +at /.test(line)) return DETAIL + line;
  const [before = ''] = /^ */.exec(line) ?? [];
  return wrapped(line.slice(before.length), DETAIL + before, 0);
}

/** Wraps prose between words. @param hanging extra indentation of the lines after the first */
function wrapped(text: string, before: string, hanging: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    const margin = before.length + (lines.length > 0 ? hanging : 0);
    if (line === '' || margin + longer.length <= COLUMNS) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].map((each, at) => before + (at > 0 ? ' '.repeat(hanging) : '') + each).join('\n');
}
