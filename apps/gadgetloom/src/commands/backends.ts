import { probeBackends } from '@gadgetloom/gadget';
import { knownBackends } from '../backends.ts';
import type { Output } from '../terminal/output.ts';

/** `gadgetloom backends`: which are here, which can run, and if not, why and what to do. */
export async function backends({ json }: { readonly json?: boolean }, output: Output): Promise<number> {
  const reports = await probeBackends(knownBackends());
  if (json) {
    output.line(
      JSON.stringify(
        reports.map(({ name, description, probe }) => ({ name, description, ...probe })),
        undefined,
        2,
      ),
    );
    return 0;
  }
  const width = Math.max(...reports.map(({ name }) => name.length));
  for (const { name, description, probe } of reports) {
    const words = probe.ok ? (probe.summary ?? description ?? '') : `${probe.reason} ${probe.advice}`;
    output.line(`${name.padEnd(width)}  ${(probe.ok ? 'usable' : 'not usable').padEnd(10)}  ${words}`.trimEnd());
  }
  return 0;
}
