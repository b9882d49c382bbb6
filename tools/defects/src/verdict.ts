import type { Defect } from './defect.ts';
import type { Failure } from './examine.ts';

/** Whether the suite has found a defect. */
export interface Verdict {
  readonly defect: Defect;
  /** Ids of the requirements that do not hold. */
  readonly failed: readonly string[];
  /** Why it does not count as found. */
  readonly fault: string | undefined;
}

/** What becomes of a defect whose examination had these failures. */
export function judge(defect: Defect, failures: readonly Failure[]): Verdict {
  const failed = failures.map(({ requirement }) => requirement);
  return { defect, failed, fault: faultOf(defect, failures) };
}

function faultOf({ foundBy }: Defect, failures: readonly Failure[]): string | undefined {
  // Whatever cannot even run is no defect that a model could have.
  const broken = failures.find(({ difference }) => /\b(?:Reference|Syntax)Error\b/.test(difference));
  if (broken !== undefined) return `The replacement is not a program: ${broken.difference}`;
  if (failures.some(({ requirement }) => requirement === foundBy)) return undefined;
  const others = failures.map(({ requirement }) => requirement).join(', ');
  return `Not found by ${foundBy}${others === '' ? '.' : `, but by ${others}.`}`;
}

/** A table of defects for people, in Markdown. */
export function formatTable(rows: readonly Pick<Verdict, 'defect' | 'fault'>[]): string {
  return [
    '| Defect | Contradicts | Found by |',
    '| --- | --- | --- |',
    ...rows.map(
      ({ defect: { sentence, contradicts, foundBy }, fault }) =>
        `| ${sentence} | ${contradicts} | ${fault === undefined ? `\`${foundBy}\`` : '**not found**'} |`,
    ),
  ].join('\n');
}
