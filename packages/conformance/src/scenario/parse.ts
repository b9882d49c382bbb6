import { InputError } from '@gadgetloom/core';
import { GIVENS, givenFault } from './given.ts';
import { grammarFault } from './grammar.ts';
import type { RequirementText, Scenario, ScenarioStep } from './scenario.ts';
import { withChecksums } from './seeded-crc.ts';

/**
 * Reads scenario text. `scenario NAME` starts one; each following indented line is `OPERATION => OUTCOME`, where the
 * outcome may be missing. Empty lines and lines that start with `#` are skipped.
 *
 * `requirement NAME SENTENCE` starts one too, followed by `source FILE, FUNCTION` and, if it does not apply everywhere,
 * `needs FEATURE, FEATURE`.
 *
 * The steps may begin with `given NAME WORDS`, which stands for the steps in {@link GIVENS} and needs their features. An
 * outcome may name the pattern of a checksum; see {@link withChecksums}.
 *
 * @param file name for messages
 * @throws InputError with the line, for anything that is not in the language
 */
export function parseScenarios(text: string, file = 'scenario'): Scenario[] {
  const scenarios: Draft[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const line = index + 1;
    const column = raw.length - raw.trimStart().length + 1;
    const wrong = (message: string): InputError => new InputError(message, { location: { file, line, column } });
    const [head = '', ...others] = content.split(/\s+/);
    if (head === 'scenario') {
      if (others.length !== 1) throw wrong('a scenario starts with "scenario NAME", the name being one word.');
      scenarios.push({ name: others[0]!, line, steps: [] });
      continue;
    }
    if (head === 'requirement') {
      const [name, ...words] = others;
      if (name === undefined || words.length === 0)
        throw wrong('a requirement starts with "requirement NAME SENTENCE".');
      const requirement = { sentence: words.join(' '), source: '', needs: [] };
      scenarios.push({ name, line, steps: [], requirement });
      continue;
    }
    const current = scenarios.at(-1);
    if (head === 'source' || head === 'needs') {
      if (current?.requirement === undefined || current.steps.length > 0)
        throw wrong(`"${head}" belongs directly below "requirement NAME SENTENCE".`);
      const rest = others.join(' ');
      if (head === 'source') current.requirement.source = rest;
      else current.requirement.needs = rest.split(',').map((feature) => feature.trim());
      continue;
    }
    if (current === undefined) throw wrong('an operation stands before the first "scenario NAME" line.');
    if (head === 'given') {
      const [name = '', ...words] = others;
      const fault = givenFault(name, words);
      if (fault !== undefined) throw wrong(fault);
      if (current.steps.length > 0) throw wrong('"given" comes before the first operation.');
      const given = GIVENS[name]!;
      current.steps.push(...given.steps(...words).map((step) => readStep(step, line)));
      const { requirement } = current;
      if (requirement !== undefined) requirement.needs = [...new Set([...given.needs, ...requirement.needs])];
      continue;
    }
    const step = readStep(content, line);
    const fault = grammarFault(step.verb, step.args);
    if (fault !== undefined) throw wrong(fault);
    current.steps.push(step);
  }
  return scenarios;
}

function readStep(content: string, line: number): ScenarioStep {
  const arrow = content.indexOf('=>');
  const operation = (arrow < 0 ? content : content.slice(0, arrow)).trim();
  const [verb = '', ...args] = operation.split(/\s+/);
  const expected = arrow < 0 ? undefined : withChecksums(content.slice(arrow + 2).trim());
  return { line, operation: [verb, ...args].join(' '), verb, args, expected };
}

/** A scenario while it is read. */
interface Draft {
  name: string;
  line: number;
  steps: ScenarioStep[];
  requirement?: { -readonly [Field in keyof RequirementText]: RequirementText[Field] };
}
