import { VirtualClock } from '@gadgetloom/core';
import { TransferEngine } from '../src/engine.ts';
import type { EngineOptions } from '../src/engine-options.ts';
import { FakeEndpoint } from './fake-endpoint.ts';
import { RecordingSink } from './recording-sink.ts';

/** An engine on an endpoint that the test commands; `idle` lets everything happen that needs no time. */
export async function setUpEngine(options: EngineOptions = {}, endpoint = new FakeEndpoint()) {
  const clock = new VirtualClock({ auto: false });
  const sink = new RecordingSink();
  const engine = new TransferEngine(endpoint, sink, { clock, ...options });
  const idle = () => clock.advance(0);
  await idle();
  return { clock, endpoint, sink, engine, idle };
}
