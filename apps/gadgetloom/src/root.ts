import { InputError } from '@gadgetloom/core';

/** @throws InputError this user is not root */
export function requireRoot(command: string, why: string): void {
  if (process.getuid?.() === 0) return;
  throw new InputError(`\`gadgetloom ${command}\` takes root: ${why}. Use \`sudo gadgetloom ${command}\`.`);
}
