import { randomInt } from 'node:crypto';
import { formatDivergence, fuzz as fuzzTargets, judgeAnyController, piecesTarget } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';
import { backendOption } from '../../backend-option.ts';
import { knownBackends } from '../../backends.ts';
import type { Output } from '../../terminal/output.ts';
import { parseCount, plural } from '../../terminal/units.ts';
import { UsageError } from '../../usage-error.ts';

/** Options of the command line. */
export interface FuzzOptions {
  readonly against: string;
  readonly seeds: string;
  readonly seed?: string;
  readonly steps: string;
}

/** Keeps seeds short enough to be read aloud. */
const SEEDS = 1_000_000;
/** Most walks, and most steps of a walk. */
const MOST = 1_000_000;

/** `gadgetloom fuzz`: runs random walks on two backends until they differ. @returns exit status */
export async function fuzz(options: FuzzOptions, output: Output): Promise<number> {
  const count = parseCount(options.seeds, '--seeds', MOST);
  const steps = parseCount(options.steps, '--steps', MOST);
  const first = options.seed === undefined ? randomInt(SEEDS) : Number(options.seed);
  if (!Number.isSafeInteger(first) || first < 0)
    throw new UsageError(`--seed is "${options.seed}"; allowed is a whole number from 0 on.`);
  const backends = knownBackends({ speed: 'high' });
  const names = options.against.split(',').map((name) => name.trim());
  if (names.length !== 2 || names.includes(''))
    throw new UsageError(`--against is "${options.against}"; allowed are two backends, such as mock,dwc3.`);
  const target = (name: string) => {
    const backend = backendOption(name, backends, '--against');
    return piecesTarget(name, () => composePieces({ backends, backend }));
  };
  const [one, other] = names as [string, string];
  if (one !== other && names.includes('linux'))
    throw new UsageError(
      `--against is "${options.against}"; linux has no simulated host. The kernel lab of the repository fuzzes against it: ` +
        '`npm run lab -- --only fuzz`.',
    );
  const targets = [target(one), target(other)] as const;
  output.line(`seeds ${first} to ${first + count - 1}, ${steps} steps each, ${one} against ${other}`, 2);
  const { walks, divergence } = await fuzzTargets(targets, {
    seeds: Array.from({ length: count }, (_, at) => first + at),
    steps,
    ...(one === other ? {} : { anyController: true, judge: judgeAnyController }),
  });
  if (divergence === undefined) {
    output.line(`${plural(walks, 'walk')}: no difference`);
    return 0;
  }
  output.line(`${plural(walks, 'walk')} without a difference; then, with --seed ${divergence.seed}:`, 2);
  output.line(formatDivergence(divergence, names).trimEnd());
  return 1;
}
