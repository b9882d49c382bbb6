import { TRACE_SINK, TraceRecorder } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER } from '@gadgetloom/dmabuf';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { FAULTS } from '@gadgetloom/udc/faults';
import { pattern } from '@gadgetloom/udc/testing';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { dwc3 } from './dwc3.ts';

/** Records everything that happens in a small busy program, as text. */
async function trace(seed: number): Promise<string> {
  const recorder = new TraceRecorder();
  const pieces = new TinyContainer(dwc3({ seed, timed: true, interruptLatency: 3000 }));
  pieces.register(TRACE_SINK, { useFactory: () => recorder });
  const { ep1, ep2, device } = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
  const buffer = pieces.resolve(DMA_BUF_EXPORTER).allocate({ size: 65536 });
  for (const file of [ep1, ep2]) file.attach(buffer);
  pieces.resolve(FAULTS).nak({ endpoint: 0x81, after: { packets: 5 }, times: 3 });
  const fences = [ep1.transfer(buffer, 65536)];
  await Promise.all([device.pipe(0x81).transferIn(65536), fences[0]!.wait()]);
  fences.push(ep2.transfer(buffer, 10_000));
  await Promise.all([device.pipe(0x01).transferOut(pattern(10_000)), fences[1]!.wait()]);
  return JSON.stringify(recorder.events);
}

describe('a seed', () => {
  it('gives the same trace, byte for byte, every time', async () => {
    const first = await trace(11);
    expect(await trace(11)).toBe(first);
    expect(first.length).toBeGreaterThan(10_000);
  });
});
