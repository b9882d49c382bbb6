/** Runs in a worker, bundled with a model that has at most one defect: plays requirements until one fails. */
import { parentPort, workerData } from 'node:worker_threads';
import { mock } from '@gadgetloom/backend-mock';
import { checkRequirement, featuresOf, piecesTarget, REQUIREMENTS } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';

/** What the worker is given. */
export interface Examination {
  /** Id of the defect; none: the model is sound. */
  readonly defect?: string | undefined;
  /** Id of the only requirement to play; all of them unless given. */
  readonly requirement?: string | undefined;
}

/** What the worker tells: which requirement it is at, and what came of it. */
export interface Finding {
  readonly requirement: string;
  /** What was not as required; `undefined`: it holds, or is only being looked at. */
  readonly difference?: string | undefined;
}

const { requirement: only } = workerData as Examination;
const all = REQUIREMENTS.flatMap(({ requirements }) => requirements);
const chosen = all.filter(({ id }) => only === undefined || id === only);
if (chosen.length === 0) throw new Error(`There is no requirement "${only}".`);

for (const scatterGather of [true, false]) {
  // The suite on a controller without scatter-gather says nothing new but for what needs that.
  const applicable = chosen.filter(({ needs }) => needs.includes('no-scatter-gather') !== scatterGather);
  if (applicable.length === 0) continue;
  const target = piecesTarget('mock', () => composePieces({ plugins: [mock({ scatterGather })] }));
  const features = await featuresOf(target);
  for (const requirement of applicable) {
    const tell = (finding: Finding): void => parentPort?.postMessage(finding);
    tell({ requirement: requirement.id });
    const result = await checkRequirement(requirement, target, features);
    if (result.verdict === 'failed') tell({ requirement: requirement.id, difference: result.difference });
  }
}
