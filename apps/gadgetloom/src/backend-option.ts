import { InputError, type Plugin } from '@gadgetloom/core';

/** What `--backend` says: a name, with options behind a colon. @throws InputError there is no such backend */
export function backendOption(text: string | undefined, backends: readonly Plugin[]): string | undefined {
  const name = text?.split(':', 1)[0];
  if (name === undefined || backends.some((backend) => backend.name === name)) return text;
  const allowed = backends.map((backend) => `"${backend.name}"`).join(' or ');
  throw new InputError(
    `--backend is "${name}"; allowed is ${allowed}. \`gadgetloom backends\` tells which can run here.`,
    { field: 'backend' },
  );
}
