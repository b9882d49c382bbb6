import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

const program = realpathSync(process.execPath);
const inUsr = program.startsWith('/usr/');

/** Folder of this Node with all that belongs to it, where it is not in /usr, which a guest sees anyway. */
export const nodeFolder: string | undefined = inUsr ? undefined : dirname(dirname(program));

/** Where a guest for this machine's processor finds the Node that runs the lab. */
export const guestNode: string = inUsr ? program : join('/node', program.slice(dirname(dirname(program)).length));
