import type { TraceEvent } from '@gadgetloom/core';

/** Reports an event to the trace, if there is one. */
export type Report = ((what: string, details: NonNullable<TraceEvent['details']>) => void) | undefined;
