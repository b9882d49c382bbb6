import { POLLIN } from '@gadgetloom/core';
import { DMA_BUF_SYNC_RW, type DmaFence } from '@gadgetloom/dmabuf';
import type { Requirement } from '../requirements/requirement.ts';
import { boundProof, Endings, expectSame, type ProofBench } from './proof-bench.ts';

const ROUNDS = 5;
const NEEDS = ['scatter-gather'] as const;

/** Callbacks of fences, and calls from inside them. */
export const CALLBACKS: readonly Requirement[] = [
  {
    id: 'callbacks-in-order',
    sentence:
      'Callbacks of a fence are called once each, in their order; when it has signaled, none is taken any more.',
    source: 'dma-fence.c, dma_fence_add_callback and dma_fence_signal_timestamp_locked',
    needs: NEEDS,
    proof: boundProof(inOrder),
  },
  {
    id: 'callback-removed',
    sentence: 'A callback that is removed is not called, also when another callback removes it.',
    source: 'dma-fence.c, dma_fence_remove_callback',
    needs: NEEDS,
    proof: boundProof(removed),
  },
  {
    id: 'callback-asks',
    sentence: 'In its callback a fence has signaled: its status is known, and waiting for it is over at once.',
    source: 'dma-fence.c, dma_fence_signal_timestamp_locked; dma-fence.h, dma_fence_get_status',
    needs: NEEDS,
    proof: boundProof(asks),
  },
  {
    id: 'callback-transfers',
    sentence: 'The callback of a transfer can transfer the same buffer again.',
    source: 'f_fs.c, ffs_dmabuf_transfer and ffs_dmabuf_signal_done',
    needs: NEEDS,
    proof: boundProof(transfers),
  },
  {
    id: 'callback-attaches',
    sentence: 'The callback of a transfer can attach another buffer and transfer that.',
    source: 'f_fs.c, ffs_dmabuf_attach and ffs_dmabuf_signal_done',
    needs: NEEDS,
    proof: boundProof(attaches),
  },
  {
    id: 'callback-detaches',
    sentence:
      'The callback of a transfer can detach its buffer, and one whose transfer is cancelled by that: ECONNRESET.',
    source: 'f_fs.c, ffs_dmabuf_detach and ffs_dmabuf_signal_done',
    needs: NEEDS,
    proof: boundProof(detaches),
  },
  {
    id: 'callback-closes',
    sentence: 'The callback of a transfer can close the endpoint file, which cancels all others: ECONNRESET.',
    source: 'f_fs.c, ffs_epfile_release and ffs_dmabuf_signal_done',
    needs: NEEDS,
    proof: boundProof(closes),
  },
  {
    id: 'callback-exports',
    sentence: 'In the callback of a transfer its buffer is free: a sync file of it has signaled.',
    source: 'f_fs.c, ffs_dmabuf_signal_done; dma-buf.c, dma_buf_export_sync_file',
    needs: NEEDS,
    proof: boundProof(exports),
  },
  {
    id: 'callback-of-merged',
    sentence: 'A callback of a merged sync file is called once, when the last of its fences has signaled.',
    source: 'dma-fence-array.c, dma_fence_array_cb_func',
    needs: NEEDS,
    proof: boundProof(ofMerged),
  },
  {
    id: 'callback-disconnects',
    sentence: 'The callback of a transfer can take the pull-up away, which ends all others: ESHUTDOWN.',
    source: 'udc/core.c, soft_connect_store',
    needs: NEEDS,
    proof: boundProof(disconnects),
  },
  {
    id: 'callback-unbinds',
    sentence:
      'The callback of a transfer can unbind the gadget, which ends all others: ESHUTDOWN; it can be bound again.',
    source: 'udc/core.c, gadget_unbind_driver; f_fs.c, ffs_func_unbind',
    needs: NEEDS,
    proof: boundProof(unbinds),
  },
];

async function inOrder(bench: ProofBench): Promise<void> {
  const order: string[] = [];
  const { fence } = bench.transfer('ep2', bench.attached('ep2'), () => order.push('first'));
  fence.addCallback(new Endings(() => order.push('second')));
  fence.addCallback(new Endings(() => order.push('third')));
  await bench.hostSends('ep2');
  await bench.until('the callbacks', () => order.length >= 3);
  const late = fence.addCallback(new Endings(() => order.push('late')));
  await bench.aftermath();
  expectSame('the callbacks', order.join(' '), 'first second third');
  expectSame('a callback was taken after the fence had signaled', late, false);
}

async function removed(bench: ProofBench): Promise<void> {
  const second = new Endings();
  let ofOther: boolean | undefined;
  let ofItself: boolean | undefined;
  const { fence, endings } = bench.transfer('ep2', bench.attached('ep2'), (signaled) => {
    ofOther = signaled.removeCallback(second);
    ofItself = signaled.removeCallback(endings);
  });
  const before = new Endings();
  fence.addCallback(before);
  fence.addCallback(second);
  expectSame('a callback that waits was removed', fence.removeCallback(before), true);
  expectSame('a callback was removed twice', fence.removeCallback(before), false);
  await bench.hostSends('ep2');
  await bench.ended([{ endings }]);
  expectSame('a callback removed another', ofOther, true);
  expectSame('a callback removed itself while it was called', ofItself, false);
  expectSame('the end of the transfer', endings.text, 'signaled');
  expectSame('calls of what was removed', before.text + second.text, '');
}

async function asks(bench: ProofBench): Promise<void> {
  let known: number | undefined;
  let waited: number | undefined;
  let taken: boolean | undefined;
  const { endings } = bench.transfer('ep2', bench.attached('ep2'), (fence) => {
    known = fence.timestamp;
    taken = fence.addCallback(new Endings());
    void fence.wait().then((status) => {
      waited = status;
    });
  });
  await bench.hostSends('ep2');
  await bench.ended([{ endings }]);
  expectSame('the end of the transfer', endings.text, 'signaled');
  expectSame('the time of its end was known', known !== undefined, true);
  expectSame('waiting gave', waited, 1);
  expectSame('a callback was taken', taken, false);
}

async function transfers(bench: ProofBench): Promise<void> {
  const buffer = bench.attached('ep2');
  const all: { endings: Endings }[] = [];
  const again = (): void => {
    all.push(bench.transfer('ep2', buffer, all.length < ROUNDS - 1 ? again : undefined));
  };
  again();
  for (let round = 0; round < ROUNDS; round++) {
    await bench.until(`transfer ${round}`, () => all.length > round);
    await bench.hostSends('ep2', round);
  }
  await bench.ended(all);
  expectSame('transfers', all.length, ROUNDS);
  for (const { endings } of all) expectSame('the end of a transfer', endings.text, 'signaled');
}

async function attaches(bench: ProofBench): Promise<void> {
  const other = bench.allocate();
  const all: { endings: Endings }[] = [];
  all.push(
    bench.transfer('ep2', bench.attached('ep2'), () => {
      bench.endpoint('ep2').attach(other);
      all.push(bench.transfer('ep2', other));
    }),
  );
  await bench.hostSends('ep2', 1);
  await bench.until('the second transfer', () => all.length === 2);
  await bench.hostSends('ep2', 2);
  await bench.ended(all);
  expectSame('the ends', endsOf(all), 'signaled, signaled');
}

async function detaches(bench: ProofBench): Promise<void> {
  const [first, second] = [bench.attached('ep2'), bench.attached('ep2')];
  const all = [
    bench.transfer('ep2', first, () => {
      bench.endpoint('ep2').detach(first);
      bench.endpoint('ep2').detach(second);
    }),
  ];
  all.push(bench.transfer('ep2', second));
  await bench.hostSends('ep2');
  await bench.ended(all);
  expectSame('the ends', endsOf(all), 'signaled, ECONNRESET');
}

async function closes(bench: ProofBench): Promise<void> {
  const endpoint = bench.endpoint('ep2');
  const all = [bench.transfer('ep2', bench.attached('ep2'), () => endpoint.close())];
  all.push(bench.transfer('ep2', bench.attached('ep2')), bench.transfer('ep2', bench.attached('ep2')));
  await bench.hostSends('ep2');
  await bench.ended(all);
  expectSame('the ends', endsOf(all), 'signaled, ECONNRESET, ECONNRESET');
  expectSame('the file is open', endpoint.fd >= 0, false);
}

async function exports(bench: ProofBench): Promise<void> {
  const buffer = bench.attached('ep2');
  let status: number | undefined;
  let events: number | undefined;
  const { endings } = bench.transfer('ep2', buffer, () => {
    events = buffer.poll(POLLIN);
    using file = buffer.exportSyncFile(DMA_BUF_SYNC_RW);
    status = file.info().status;
  });
  await bench.hostSends('ep2');
  await bench.ended([{ endings }]);
  expectSame('the end of the transfer', endings.text, 'signaled');
  expectSame('the status of the sync file', status, 1);
  expectSame('events of the buffer', events, POLLIN);
}

async function ofMerged(bench: ProofBench): Promise<void> {
  const { fences } = bench.session.stack;
  const buffers = [bench.attached('ep2'), bench.attached('ep4')] as const;
  const all = [bench.transfer('ep2', buffers[0]), bench.transfer('ep4', buffers[1])];
  using first = buffers[0].exportSyncFile(DMA_BUF_SYNC_RW);
  using second = buffers[1].exportSyncFile(DMA_BUF_SYNC_RW);
  using merged = fences.merge('merged', first, second);
  const endings = new Endings();
  expectSame('a callback was taken', merged.fence.addCallback(endings), true);
  await bench.hostSends('ep4');
  await bench.ended(all.slice(1));
  expectSame('calls before the last', endings.text, '');
  await bench.hostSends('ep2');
  await bench.ended([...all, { endings }]);
  expectSame('the callback of both', endings.text, 'signaled');
}

async function disconnects(bench: ProofBench): Promise<void> {
  const { gadget, stack } = bench.session;
  let disconnected: Promise<void> | undefined;
  const disconnect = (): void => {
    disconnected = stack.controller.disconnect();
  };
  const all = [bench.transfer('ep2', bench.attached('ep2'), disconnect)];
  all.push(bench.transfer('ep2', bench.attached('ep2')), bench.transfer('ep1', bench.attached('ep1')));
  await bench.hostSends('ep2');
  await bench.ended(all);
  await disconnected;
  expectSame('the ends', endsOf(all), 'signaled, ESHUTDOWN, ESHUTDOWN');
  expectSame('the gadget is bound', gadget.bound, true);
}

async function unbinds(bench: ProofBench): Promise<void> {
  const { gadget, stack } = bench.session;
  let unbound: Promise<void> | undefined;
  const unbind = (_: DmaFence): void => {
    unbound = gadget.unbind();
  };
  const all = [bench.transfer('ep2', bench.attached('ep2'), unbind)];
  all.push(bench.transfer('ep2', bench.attached('ep2')), bench.transfer('ep1', bench.attached('ep1')));
  await bench.hostSends('ep2');
  await bench.ended(all);
  await unbound;
  expectSame('the ends', endsOf(all), 'signaled, ESHUTDOWN, ESHUTDOWN');
  expectSame('the gadget is bound', gadget.bound, false);
  expectSame('the controller has', stack.controller.function, undefined);
  await bench.bind();
  expectSame('the state', stack.controller.state, 'configured');
}

function endsOf(transfers: readonly { readonly endings: Endings }[]): string {
  return transfers.map(({ endings }) => endings.text).join(', ');
}
