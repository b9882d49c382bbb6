// `npm run bench [-- ARGS]`: sets up what is missing, then measures. Needs nothing but Node.
import { requireNode } from './setup/node-floor.mjs';

requireNode();
import('./setup/program.mjs').then(({ runProgram }) => runProgram('tools/bench', process.argv.slice(2)));
