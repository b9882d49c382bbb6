import { type Clock, KernelError, type TraceEvent, type TraceSink } from '@gadgetloom/core';
import type { DmaBufModel } from '@gadgetloom/dmabuf/model';
import type { ImportRules } from './import-rules.ts';

/** State that all instances of one simulated kernel share. */
export interface Kernel {
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly dmabuf: DmaBufModel;
  readonly rules: ImportRules;
}

/** Reports to the trace sink, if there is one. */
export function traceEvent(kernel: Kernel, what: string, details: NonNullable<TraceEvent['details']>): void {
  kernel.trace?.event({ at: kernel.clock.now(), source: 'functionfs', what, details });
}

/** Reports to the trace sink that a real kernel would be damaged here. The simulation continues. */
export function traceHazard(kernel: Kernel, operation: string, defect: string): void {
  traceEvent(kernel, 'hazard', { operation, defect });
}

/** The error for a call that crashes a real kernel. It also reports to the trace sink. */
export function wouldCrash(kernel: Kernel, operation: string, defect: string, advice: string): KernelError {
  traceHazard(kernel, operation, defect);
  return new KernelError('ENODEV', operation, `A real kernel would crash here: ${defect}. ${advice}`);
}
