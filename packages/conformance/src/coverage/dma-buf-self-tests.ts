import type { SelfTest, SelfTestSuite } from './self-test.ts';

const MODEL = 'packages/dmabuf/src/model';
const SANITY = 'it tests what the other tests are made of';
const CHAIN = 'chains come to user space through drm_syncobj alone';
const ITERATOR = 'user space sees the fences of a buffer all at once';

/** Of a module whose tests have requirements named `PREFIX-NAME`; those in `hidden` cannot be seen from user space. */
function seen(prefix: string, names: readonly string[], hidden: Readonly<Record<string, string>> = {}): SelfTest[] {
  return names.map((name) => {
    const reason = hidden[name];
    if (reason !== undefined) return { name, model: true, reason };
    return { name, model: true, requirements: [`${prefix}-${name.replaceAll('_', '-')}`] };
  });
}

const DMA_FENCE: SelfTestSuite = {
  name: 'dma_fence',
  source: 'drivers/dma-buf/st-dma-fence.c',
  model: `${MODEL}/st-dma-fence.test.ts`,
  tests: seen(
    'st-dma-fence',
    [
      ...['sanitycheck', 'test_signaling', 'test_add_callback', 'test_late_add_callback', 'test_rm_callback'],
      ...['test_late_rm_callback', 'test_status', 'test_error', 'test_wait', 'test_wait_timeout', 'test_stub'],
      'race_signal_callback',
    ],
    { sanitycheck: SANITY },
  ),
};

const DMA_FENCE_CHAIN: SelfTestSuite = {
  name: 'dma_fence_chain',
  source: 'drivers/dma-buf/st-dma-fence-chain.c',
  model: `${MODEL}/st-dma-fence-chain.test.ts`,
  tests: [
    ...['sanitycheck', 'find_seqno', 'find_signaled', 'find_out_of_order', 'find_gap', 'find_race'],
    ...['signal_forward', 'signal_backward', 'wait_forward', 'wait_backward', 'wait_random'],
  ].map((name) => ({ name, model: true, reason: CHAIN })),
};

const DMA_FENCE_UNWRAP: SelfTestSuite = {
  name: 'dma_fence_unwrap',
  source: 'drivers/dma-buf/st-dma-fence-unwrap.c',
  model: `${MODEL}/st-dma-fence-unwrap.test.ts`,
  tests: seen(
    'st-dma-fence',
    ['sanitycheck', 'unwrap_array', 'unwrap_chain', 'unwrap_chain_array', 'unwrap_merge', 'unwrap_merge_complex'],
    { sanitycheck: SANITY, unwrap_chain: CHAIN, unwrap_chain_array: CHAIN },
  ),
};

/** Every test of dma_resv is made with every usage; fences of the other two cannot be made from user space. */
const USAGES = [
  ['KERNEL', 'no fence of that usage comes from user space'],
  ['WRITE', undefined],
  ['READ', undefined],
  ['BOOKKEEP', 'no fence of that usage comes from user space'],
] as const;

const RESV_TESTS = [
  'sanitycheck',
  'test_signaling',
  'test_for_each',
  'test_for_each_unlocked',
  'test_get_fences',
] as const;
const RESV_HIDDEN: Readonly<Record<string, string>> = { sanitycheck: SANITY, test_for_each_unlocked: ITERATOR };

const DMA_RESV: SelfTestSuite = {
  name: 'dma_resv',
  source: 'drivers/dma-buf/st-dma-resv.c',
  model: `${MODEL}/st-dma-resv.test.ts`,
  tests: RESV_TESTS.flatMap((test) =>
    USAGES.map(([usage, unreachable]): SelfTest => {
      const reason = RESV_HIDDEN[test] ?? unreachable;
      const id = `st-dma-resv-${test}-${usage}`.toLowerCase().replaceAll('_', '-');
      const covered = reason === undefined ? { requirements: [id] } : { reason };
      return { name: `${test} (${usage})`, model: test, ...covered };
    }),
  ),
};

const HEAPS: SelfTestSuite = {
  name: 'dmabuf-heaps',
  source: 'tools/testing/selftests/dmabuf-heaps/dmabuf-heap.c',
  model: `${MODEL}/heap.test.ts`,
  tests: [
    ...['import', 'sync'].map((step) => ({
      name: `test_alloc_and_import (${step})`,
      ...{ requirements: ['dmabuf-heaps-test-alloc-and-import'], model: 'test_alloc_and_import' },
    })),
    ...(['4k', '1m'] as const).flatMap((size) =>
      ['fill', 'zeroed'].map((step) => ({
        name: `test_alloc_zeroed (${size}, ${step})`,
        ...{ requirements: [`dmabuf-heaps-test-alloc-zeroed-${size}`], model: 'test_alloc_zeroed (%d bytes)' },
      })),
    ),
    ...['older', 'newer'].map((struct) => ({
      name: `test_alloc_compat (${struct})`,
      reason: 'the struct of the ioctl always has the size of today',
    })),
    { name: 'test_alloc_errors (fd)', reason: 'a heap is asked through a descriptor of its own alone' },
    ...['heap flags', 'fd flags'].map((flags) => ({
      name: `test_alloc_errors (${flags})`,
      ...{ requirements: ['dmabuf-heaps-test-alloc-errors'], model: 'test_alloc_errors' },
    })),
  ],
};

const UDMABUF: SelfTestSuite = {
  name: 'udmabuf',
  source: 'tools/testing/selftests/drivers/dma-buf/udmabuf.c',
  model: `${MODEL}/udmabuf.test.ts`,
  tests: [
    {
      name: 'test-1',
      ...{ requirements: ['udmabuf-test-1'], model: 'test-1: an offset that is not a whole page fails' },
    },
    { name: 'test-2', ...{ requirements: ['udmabuf-test-2'], model: 'test-2: a size that is not a whole page fails' } },
    { name: 'test-3', ...{ requirements: ['udmabuf-test-3'], model: 'test-3: what is not a memfd fails' } },
    { name: 'test-4', ...{ requirements: ['udmabuf-test-4'], model: 'test-4: a right one works' } },
    {
      name: 'test-5',
      model: 'test-5: a list of four ranges sees what is written to the memfd later',
      reason: 'the contract has no lists: a buffer is one range of one memfd',
    },
    { name: 'test-6', reason: 'there are no memfds of huge pages' },
  ],
};

const SYNC: SelfTestSuite = {
  name: 'sync',
  source: 'tools/testing/selftests/sync',
  model: `${MODEL}/sw-sync.test.ts`,
  tests: seen(
    'sync',
    [
      ...['test_alloc_timeline', 'test_alloc_fence', 'test_alloc_fence_negative', 'test_fence_one_timeline_wait'],
      ...['test_fence_one_timeline_merge', 'test_fence_merge_same_fence', 'test_fence_multi_timeline_wait'],
      ...['test_stress_two_threads_shared_timeline', 'test_consumer_stress_multi_producer_single_consumer'],
      'test_merge_stress_random_merge',
    ],
    { test_alloc_timeline: 'distributions do not build CONFIG_SW_SYNC: transfers take the place of its timelines' },
  ),
};

/** The self-tests of drivers/dma-buf: in the kernel, and from user space. */
export const DMA_BUF_SELF_TESTS: readonly SelfTestSuite[] = [
  ...[DMA_FENCE, DMA_FENCE_CHAIN, DMA_FENCE_UNWRAP, DMA_RESV],
  ...[HEAPS, UDMABUF, SYNC],
];
