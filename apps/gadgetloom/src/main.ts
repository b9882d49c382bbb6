import { main } from './cli.ts';
import { reason } from './unreadable.ts';

// Whoever reads may have read enough, as `head` does: no reason to complain.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  console.error(`The output cannot be written (${reason(error)}).`);
  process.exit(1);
});

process.exitCode = await main(process.argv.slice(2));
