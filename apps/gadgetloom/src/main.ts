import { main } from './cli.ts';
import { reason } from './unreadable.ts';

// Whoever reads may have read enough, as `head` does: no reason to complain.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  console.error(`The output cannot be written (${reason(error)}).`);
  process.exit(1);
});

/** What was forgotten to be closed, by a plugin say, gets so many milliseconds to end, and then must not keep the program. */
const GRACE = 2000;

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), GRACE).unref();
