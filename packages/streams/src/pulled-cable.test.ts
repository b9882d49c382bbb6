import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { MILLISECOND, type Plugin, sleep } from '@gadgetloom/core';
import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { listen } from '../test/listen.ts';
import { openStack } from '../test/mock-stack.ts';
import { BufferPool } from './buffer-pool.ts';
import { receiveFrom } from './receive-from.ts';
import { transferTo } from './transfer-to.ts';

const backends: readonly [string, () => Plugin][] = [
  ['mock', () => mock()],
  ['mock without scatter-gather', () => mock({ scatterGather: false })],
  ['dwc3', () => dwc3()],
  ['musb', () => musb()],
];

describe.each(backends)('a pulled cable, on %s', (_, backend) => {
  it.each([1, 2, 3])('ends as many transfers as the depth: %d', async (depth) => {
    const { stack, source, sink, clock } = await openStack(backend());
    const pool = BufferPool.allocate(stack.exporter, { count: 4, size: 4096 });
    const sent = listen(from([...stack.allocate({ count: 4, size: 4096 })]).pipe(transferTo(source, { depth, clock })));
    const received = listen(receiveFrom(sink, pool, { depth, clock }));
    await sleep(clock, MILLISECOND);
    stack.faults.disconnect();
    await sleep(clock, MILLISECOND);
    const all = new Array(depth).fill('ESHUTDOWN');
    expect(sent.heard.map(({ status }) => status)).toEqual(all);
    expect(received.heard.map(({ status }) => status)).toEqual(all);
    await stack.close();
  });
});
