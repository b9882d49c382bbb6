import { countSelfTests, type SelfTest, type SelfTestSuite } from './self-test.ts';

const COLUMNS = [
  'self-tests of the kernel',
  'exist',
  'requirements',
  'tests of the model alone',
  'cannot apply',
] as const;

/** How many self-tests exist and how many are covered, as a table in Markdown. */
export function coverageTable(suites: readonly SelfTestSuite[]): string {
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const counts = (name: string, counted: readonly SelfTestSuite[]): string => {
    const { tests, requirements, model, none } = countSelfTests(counted);
    return row([name, tests, requirements, model, none]);
  };
  return [
    row(COLUMNS),
    row(COLUMNS.map(() => '---')),
    ...suites.map((suite) => counts(`\`${suite.name}\` (${suite.source})`, [suite])),
    counts('all', suites),
  ].join('\n');
}

/** Every self-test with what covers it, and why where nothing does, for people. */
export function coverageList(suites: readonly SelfTestSuite[]): string {
  return suites
    .flatMap((suite) => {
      const { tests, none } = countSelfTests([suite]);
      const width = Math.max(...suite.tests.map(({ name }) => name.length));
      return [
        `${suite.name} (${suite.source}): ${tests - none} of ${tests}`,
        ...suite.tests.map((test) => `  ${test.name.padEnd(width)}  ${coverOf(test)}`),
      ];
    })
    .join('\n');
}

function coverOf({ requirements = [], model, reason }: SelfTest): string {
  const covers = [...requirements, ...(model === undefined ? [] : ['test of the model'])].join(', ');
  if (reason === undefined) return covers;
  return covers === '' ? `cannot apply: ${reason}` : `${covers}: ${reason}`;
}
