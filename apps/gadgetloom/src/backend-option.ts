import type { Plugin } from '@gadgetloom/core';
import { UsageError } from './usage-error.ts';

/** The name that `--backend` has. @throws UsageError there is no such backend */
export function backendOption(name: string | undefined, backends: readonly Plugin[]): string | undefined {
  if (name === undefined || backends.some((backend) => backend.name === name)) return name;
  const allowed = backends.map((backend) => `"${backend.name}"`).join(' or ');
  throw new UsageError(
    `--backend is "${name}"; allowed is ${allowed}. \`gadgetloom backends\` tells which can run here.`,
  );
}
