// `npm run lab -- ARGS`: sets up what is missing, then boots a kernel. Needs nothing but Node.
import { requireNode } from './setup/node-floor.mjs';

requireNode();
import('./setup/program.mjs').then(({ runProgram }) =>
  runProgram('tools/kernel-lab', process.argv.slice(2), ['apps/gadgetloom']),
);
