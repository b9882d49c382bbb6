import { main } from './cli.ts';

/**
 * Called when standard output cannot be written: the reader has closed it, as `head` does, or the disk is full. A
 * command that has to clean up listens to SIGTERM and finishes; any other ends at once.
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
// An error of standard error cannot be reported anywhere.
process.stderr.on('error', () => {});

/**
 * Milliseconds that open resources, such as those that a plugin forgot to close, may keep the program after its work.
 */
const GRACE = 2000;

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), GRACE).unref();
