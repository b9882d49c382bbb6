import { TraceRecorder, VirtualClock } from '@gadgetloom/core';
import { expect, it } from 'vitest';
import { errorReport } from './report-error.ts';

it.each<[unknown, string]>([
  [new Error('boom'), 'boom'],
  ['boom', 'boom'],
  [undefined, 'undefined'],
  [Object.create(null), '[object Object]'],
])('reports %o to the trace without throwing', (error, message) => {
  const trace = new TraceRecorder();
  errorReport({ onError: undefined, trace, clock: new VirtualClock() })(error);
  expect(trace.events).toMatchObject([{ what: 'error', details: { message } }]);
});
