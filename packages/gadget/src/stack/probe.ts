import type { Plugin, ProbeResult } from '@gadgetloom/core';

/** A backend, and whether it can run here. */
export interface BackendReport {
  readonly name: string;
  readonly description: string | undefined;
  readonly probe: ProbeResult;
}

/** Asks each backend whether it can run here. A probe that throws counts as a no. */
export function probeBackends(backends: readonly Plugin[]): Promise<BackendReport[]> {
  return Promise.all(
    backends.map(async (plugin) => ({
      name: plugin.name,
      description: plugin.description,
      probe: await probed(plugin),
    })),
  );
}

/** Asks a plugin whether it can run here. A probe that throws counts as a no. */
export async function probed(plugin: Plugin): Promise<ProbeResult> {
  try {
    return await plugin.probe();
  } catch (cause) {
    const reason = `its probe failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    return { ok: false, reason, advice: 'This is a defect of the backend; report it to its author.' };
  }
}

/** Why a plugin cannot run here, and what to do. */
export function because({ reason, advice }: Extract<ProbeResult, { ok: false }>): string {
  return `${/[.!?]$/.test(reason) ? reason : `${reason}.`} ${advice}`;
}
