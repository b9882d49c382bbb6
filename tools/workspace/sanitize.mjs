// `node tools/workspace/sanitize.mjs`: runs the tests of everything that calls the native addon with an addon that GCC's
// AddressSanitizer and UndefinedBehaviorSanitizer watch. Ends with one line, `N passed, N failed`.
import { requireNode } from './setup/node-floor.mjs';

requireNode();
import('./setup/sanitized-tests.mjs').then(({ runSanitizedTests }) => runSanitizedTests());
