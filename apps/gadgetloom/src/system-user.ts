import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SetupUser } from '@gadgetloom/backend-linux';
import { InputError } from '@gadgetloom/core';

const run = promisify(execFile);

/** Finds a user of this machine by name or number. @throws InputError there is none */
export async function findUser(name: string): Promise<SetupUser> {
  const ask = async (...options: string[]): Promise<string> => {
    const { stdout } = await run(
      'id',
      [...options, '--', name].filter((word) => word !== '--' || name.startsWith('-')),
    );
    return stdout.trim();
  };
  try {
    const [own, uid, gid, groups] = await Promise.all([ask('-un'), ask('-u'), ask('-g'), ask('-G')]);
    return { name: own, uid: Number(uid), gid: Number(gid), groups: groups.split(' ').map(Number) };
  } catch (cause) {
    throw new InputError(
      `--user is "${name}"; there is no such user on this machine. Give the name of one, such as ${process.env['SUDO_USER'] ?? 'yours'}.`,
      { field: 'user' },
      { cause },
    );
  }
}
