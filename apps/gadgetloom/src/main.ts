import { main } from './cli.ts';

// A reader may have read enough, as `head` does: no reason to complain.
process.stdout.on('error', async (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  const { reason } = await import('./unreadable.ts');
  console.error(`Standard output cannot be written (${reason(error)}).`);
  process.exit(1);
});

/** Milliseconds for what a plugin, say, forgot to close. After them it no longer keeps the program. */
const GRACE = 2000;

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), GRACE).unref();
