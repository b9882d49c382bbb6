// `npm run defects [-- ARGS]`: sets up what is missing, then puts defects into the model. Needs nothing but Node.
import { requireNode } from './setup/node-floor.mjs';

requireNode();
import('./setup/program.mjs').then(({ runProgram }) => runProgram('tools/defects', process.argv.slice(2)));
