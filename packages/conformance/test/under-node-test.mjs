// The suite under another runner than vitest: started by conformance-suite.test.ts.
import { describe, it } from 'node:test';
import { mock } from '@gadgetloom/backend-mock';
import { conformanceSuite, REQUIREMENTS } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';

const scatterGather = process.env.SCATTER_GATHER !== 'false';
conformanceSuite({ describe, it }, 'mock', () => composePieces({ plugins: [mock({ scatterGather })] }), {
  // Scenarios, and proofs.
  groups: REQUIREMENTS.filter(({ name }) => ['attach', 'concurrency'].includes(name)),
});
