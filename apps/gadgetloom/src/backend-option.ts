import type { Plugin } from '@gadgetloom/core';
import { UsageError } from './usage-error.ts';

/** What `--backend` says: a name, with options behind a colon. @throws UsageError there is no such backend */
export function backendOption(text: string | undefined, backends: readonly Plugin[]): string | undefined {
  const name = text?.split(':', 1)[0];
  if (name === undefined || backends.some((backend) => backend.name === name)) return text;
  const allowed = backends.map((backend) => `"${backend.name}"`).join(' or ');
  throw new UsageError(
    `--backend is "${name}"; allowed is ${allowed}. \`gadgetloom backends\` tells which can run here.`,
  );
}
