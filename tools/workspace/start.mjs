// `npm start [-- ARGS]`: sets up what is missing, then does the main job. Needs nothing but Node.
import { requireNode } from './setup/node-floor.mjs';

requireNode();
import('./setup/program.mjs').then(({ runProgram }) =>
  runProgram('apps/gadgetloom', ['run', ...process.argv.slice(2)]),
);
