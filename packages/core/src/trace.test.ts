import { describe, expect, it } from 'vitest';
import { TraceRecorder } from './trace.ts';

describe('a trace recorder', () => {
  it('keeps events in order', () => {
    const recorder = new TraceRecorder();
    const events = [1, 2].map((at) => ({ at, source: 'udc', what: 'state' }));
    for (const event of events) recorder.event(event);
    expect(recorder.events).toEqual(events);
  });

  it.each([1, 2, 3, 10])('keeps the latest %d', (limit) => {
    const recorder = new TraceRecorder(limit);
    for (let at = 1; at <= 25; at++) {
      recorder.event({ at, source: 'bus', what: 'token' });
      const kept = Math.min(at, limit);
      expect(recorder.events.map((event) => event.at)).toEqual(
        Array.from({ length: kept }, (_, i) => at - kept + 1 + i),
      );
    }
  });
});
