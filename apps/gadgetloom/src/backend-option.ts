import { InputError, type Plugin } from '@gadgetloom/core';

/** The name that `--backend` has. @throws InputError there is no such backend */
export function backendOption(name: string | undefined, backends: readonly Plugin[]): string | undefined {
  if (name === undefined || backends.some((backend) => backend.name === name)) return name;
  const allowed = backends.map((backend) => `"${backend.name}"`).join(' or ');
  throw new InputError(
    `--backend is "${name}"; allowed is ${allowed}. \`gadgetloom backends\` tells which can run here.`,
    { field: 'backend' },
  );
}
