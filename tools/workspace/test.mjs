// `npm test`: sets up what is missing, then checks and tests everything. Needs nothing but Node.
import { requireNode } from './setup/node-floor.mjs';

requireNode();
import('./setup/all-tests.mjs').then(({ runAllTests }) => runAllTests());
