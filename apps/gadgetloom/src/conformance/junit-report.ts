import type { SuiteReport } from '@gadgetloom/conformance';
import { create } from 'xmlbuilder';

/**
 * Formats a report as JUnit XML for CI systems: a suite per group and a case per requirement, valid for Jenkins
 * (junit-10.xsd).
 */
export function junitReport({ target, groups, passed, failed, notApplicable }: SuiteReport): string {
  const root = create('testsuites', { version: '1.0', encoding: 'UTF-8' });
  root.att({ name: `conformance of ${target}`, tests: passed + failed + notApplicable, failures: failed, errors: 0 });
  for (const { group, results } of groups) {
    const count = (verdict: string): number => results.filter((result) => result.verdict === verdict).length;
    const suite = root.ele('testsuite', {
      ...{ name: group.title, tests: results.length, failures: count('failed'), errors: 0 },
      skipped: count('not applicable'),
    });
    for (const result of results) {
      const { id, sentence, source } = result.requirement;
      const test = suite.ele('testcase', { classname: `${target}.${group.name}`, name: `${id}: ${sentence}` });
      if (result.verdict === 'failed')
        test.ele('failure', { message: `Source: ${source}` }, readable(result.difference));
      if (result.verdict === 'not applicable') test.ele('skipped', { message: result.reason });
    }
  }
  return `${root.end({ pretty: true })}\n`;
}

/** Removes the characters that XML cannot hold. */
function readable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?');
}
