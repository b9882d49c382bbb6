import { suggestion } from '@gadgetloom/core';
import type { GadgetFile } from './gadget-file.ts';
import { UsageError } from './usage-error.ts';

/** Finds the row of the gadget's environments that `--environment` names. @throws UsageError there is no such row */
export function environmentOption(name: string | undefined, { file, definition }: GadgetFile): string | undefined {
  const rows = Object.keys(definition.environments ?? {});
  if (name === undefined || rows.includes(name)) return name;
  const there =
    rows.length === 0
      ? 'has no environments. Add the row, or leave the option out.'
      : `has these: ${rows.join(', ')}${suggestion(name, rows)}`;
  throw new UsageError(`--environment is "${name}"; ${file} ${there}`);
}
