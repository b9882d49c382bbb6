import { MILLISECOND, POLLIN, SECOND, sleep } from '@gadgetloom/core';
import type { Requirement } from '../requirements/requirement.ts';
import { boundProof, expectSame, LENGTH, type ProofBench } from './proof-bench.ts';

const ROUNDS = 8;
const NEEDS = ['scatter-gather'] as const;
/** So long that nobody takes its end for that of a transfer. */
const LONG = 60 * SECOND;

/** What happens while something else does. */
export const AT_ONCE: readonly Requirement[] = [
  {
    id: 'completion-during-attach',
    sentence: 'Transfers end while the same and other buffers are attached, and neither disturbs the other.',
    source: 'f_fs.c, ffs_dmabuf_attach and ffs_epfile_dmabuf_io_complete',
    needs: NEEDS,
    proof: boundProof(attachMeanwhile),
  },
  {
    id: 'detach-during-completion',
    sentence: 'A transfer that is detached while the host moves it ends once: with success or with ECONNRESET.',
    source: 'f_fs.c, ffs_dmabuf_detach and ffs_epfile_dmabuf_io_complete',
    needs: NEEDS,
    proof: boundProof(detachMeanwhile),
  },
  {
    id: 'ends-once',
    sentence: 'A transfer ends once, whatever comes after its end.',
    source: 'dma-fence.c, dma_fence_signal_timestamp_locked; f_fs.c, ffs_dmabuf_signal_done',
    needs: NEEDS,
    proof: boundProof(endsOnce),
  },
  {
    id: 'close-during-everything',
    sentence:
      'Closing every file while all endpoints transfer ends every transfer, once, and leaves the controller free.',
    source: 'f_fs.c, ffs_epfile_release, ffs_ep0_release and ffs_data_closed',
    needs: NEEDS,
    proof: boundProof(closeEverything),
  },
  {
    id: 'completion-wakes-poll',
    sentence: 'The end of a transfer wakes whoever polls its buffer.',
    source: 'dma-buf.c, dma_buf_poll_cb',
    needs: NEEDS,
    proof: boundProof(wakesPoll),
  },
  {
    id: 'completion-ends-cpu-wait',
    sentence: 'CPU access to a buffer begins when its transfer is over.',
    source: 'dma-buf.c, __dma_buf_begin_cpu_access',
    needs: NEEDS,
    proof: boundProof(endsCpuWait),
  },
];

async function attachMeanwhile(bench: ProofBench): Promise<void> {
  const endpoint = bench.endpoint('ep2');
  for (let round = 0; round < ROUNDS; round++) {
    const buffer = bench.attached('ep2');
    const transfer = bench.transfer('ep2', buffer);
    const other = bench.allocate();
    await Promise.all([
      bench.hostSends('ep2', round),
      endpoint.attachBlocking(buffer),
      endpoint.attachBlocking(other),
      bench.endpoint('ep4').attachBlocking(buffer),
    ]);
    await bench.until('the end of the transfer', () => transfer.endings.statuses.length > 0);
    expectSame('the end of a transfer', transfer.endings.text, 'signaled');
    for (const attached of [buffer, buffer, other]) endpoint.detach(attached);
    bench.endpoint('ep4').detach(buffer);
  }
}

async function detachMeanwhile(bench: ProofBench): Promise<void> {
  const { host, clock } = bench.session.stack;
  const endpoint = bench.endpoint('ep2');
  const index = bench.session.endpointIndex('ep2');
  for (let round = 0; round < ROUNDS; round++) {
    const buffer = bench.attached('ep2');
    const transfer = bench.transfer('ep2', buffer);
    // The host may be left with bytes that nobody takes.
    const sent = host.bulkOut(index, new Uint8Array(LENGTH), 100 * MILLISECOND).catch(() => undefined);
    if (round % 2 === 1) await sleep(clock, round * 10_000);
    endpoint.detach(buffer);
    await bench.ended([transfer]);
    await sent;
    const { text } = transfer.endings;
    expectSame('the end of a transfer', text, text === 'signaled' ? text : 'ECONNRESET');
    expectSame('the buffer is free', await buffer.ready(POLLIN, SECOND), POLLIN);
  }
}

async function endsOnce(bench: ProofBench): Promise<void> {
  const { gadget } = bench.session;
  const done = bench.transfer('ep2', bench.attached('ep2'));
  await bench.hostSends('ep2');
  await bench.ended([done]);
  const buffer = bench.attached('ep1');
  const detached = bench.transfer('ep1', buffer);
  bench.endpoint('ep1').detach(buffer);
  await bench.ended([detached]);
  const closed = bench.transfer('ep3', bench.attached('ep3'));
  bench.endpoint('ep3').close();
  await bench.ended([closed]);
  const disabled = bench.transfer('ep4', bench.attached('ep4'));
  await bench.session.stack.host.setConfiguration(0);
  await bench.ended([disabled]);
  for (const name of ['ep1', 'ep2', 'ep4']) bench.endpoint(name).close();
  await gadget.unbind();
  await bench.aftermath();
  expectSame('done', done.endings.text, 'signaled');
  expectSame('detached', detached.endings.text, 'ECONNRESET');
  expectSame('closed', closed.endings.text, 'ECONNRESET');
  expectSame('disabled', disabled.endings.text, 'ESHUTDOWN');
}

async function closeEverything(bench: ProofBench): Promise<void> {
  const { endpoints, ep0, stack } = bench.session;
  const buffers = [...endpoints.keys()].map((name) => ({ name, buffer: bench.attached(name) }));
  const all = buffers.map(({ name, buffer }) => bench.transfer(name, buffer));
  for (const { buffer } of buffers) buffer.close();
  for (const file of endpoints.values()) file.close();
  ep0.close();
  await bench.ended(all);
  // A controller that takes its time to cancel a request finds it disabled meanwhile (dwc3_remove_requests).
  for (const { endings } of all)
    expectSame('the end of a transfer', endings.text, endings.text === 'ESHUTDOWN' ? endings.text : 'ECONNRESET');
  await bench.until('a controller without a gadget', () => stack.controller.function === undefined);
}

async function wakesPoll(bench: ProofBench): Promise<void> {
  const { clock } = bench.session.stack;
  const buffer = bench.attached('ep2');
  bench.transfer('ep2', buffer);
  const begin = clock.now();
  let events: number | undefined;
  const polled = buffer.ready(POLLIN, LONG).then((ready) => {
    events = ready;
  });
  await bench.aftermath();
  expectSame('the buffer is ready while it is written', events, undefined);
  await bench.hostSends('ep2');
  await polled;
  expectSame('events', events, POLLIN);
  expectSame('the end of the poll came too late', clock.now() - begin > LONG / 2, false);
}

async function endsCpuWait(bench: ProofBench): Promise<void> {
  const buffer = bench.attached('ep2');
  bench.transfer('ep2', buffer);
  let began = false;
  const access = buffer.beginCpuAccess('read').then(() => {
    began = true;
  });
  await bench.aftermath();
  expectSame('CPU access began while the device writes', began, false);
  await bench.hostSends('ep2');
  await access;
  buffer.endCpuAccess('read');
}
