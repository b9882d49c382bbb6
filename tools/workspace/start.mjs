// `npm start [-- ARGS]`: sets up what is missing, then does the main job. Needs nothing but Node.
import { requireNode } from './setup/node-floor.mjs';

requireNode();
import('./setup/main-job.mjs').then(({ runMainJob }) => runMainJob(process.argv.slice(2)));
