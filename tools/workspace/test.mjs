// `npm test` and `npm run test:slow`: sets up what is missing, then checks and tests. Needs nothing but Node.
import { requireNode } from './setup/node-floor.mjs';

requireNode();
import('./setup/all-tests.mjs').then(({ runAllTests }) => runAllTests({ slow: process.argv.includes('--slow') }));
