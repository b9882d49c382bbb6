import type { TraceEvent } from '@gadgetloom/core';

/** Tells a trace what happened, if there is one. */
export type Report = ((what: string, details: NonNullable<TraceEvent['details']>) => void) | undefined;
