import { main } from './cli.ts';

/**
 * Nobody reads any more, as after `head`, or what is written has no room. A command that leaves something behind when it is
 * cut off listens to SIGTERM and comes to an end; any other is over.
 */
const ended = async (error: NodeJS.ErrnoException): Promise<void> => {
  const enough = error.code === 'EPIPE';
  if (!enough) {
    const { reason } = await import('./unreadable.ts');
    console.error(`Standard output cannot be written (${reason(error)}).`);
  }
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(enough ? 0 : 1);
};
process.stdout.once('error', ended).on('error', () => {});
// There is nowhere left to say so.
process.stderr.on('error', () => {});

/** Milliseconds for what a plugin, say, forgot to close. After them it no longer keeps the program. */
const GRACE = 2000;

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), GRACE).unref();
