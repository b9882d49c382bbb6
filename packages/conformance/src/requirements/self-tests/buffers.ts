import { KernelError } from '@gadgetloom/core';
import { PAGE_SIZE } from '@gadgetloom/dmabuf';
import type { ScenarioStack } from '../../scenario/target.ts';
import { type Requirement, type RequirementGroup, readRequirements } from '../requirement.ts';

/** What calls, one after the other, show. */
const CALLS = readRequirements(
  'st-buffers',
  "The kernel's self-tests of heaps and udmabuf",
  `
requirement dmabuf-heaps-test-alloc-and-import A mebibyte of a heap can be filled, imported, and filled again.
source dmabuf-heap.c, test_alloc_and_import
needs scatter-gather
  alloc b0 1048576                         => size=1048576
  sync b0 3                                => 0
  fill b0 1                                => 0
  sync b0 7                                => 0
  bind                                     => 0
  attach ep1 b0                            => 0
  sync b0 3                                => 0
  fill b0 77                               => 0
  sync b0 7                                => 0
  crc b0                                   => seed:77/1048576
  detach ep1 b0                            => 0

requirement dmabuf-heaps-test-alloc-errors A heap refuses unknown flags, for the heap and for the descriptor.
source dmabuf-heap.c, test_alloc_errors
  alloc b0 1048576 0x80002 0x111111        => EINVAL
  alloc b1 1048576 0xfff7fffd 0            => EINVAL

requirement udmabuf-test-1 An offset that is not a multiple of the page size is refused.
source udmabuf.c, udmabuf_create; selftests/drivers/dma-buf/udmabuf.c, test-1
needs udmabuf
  udmabuf u0 16384 seal 2048 4096          => EINVAL

requirement udmabuf-test-2 A size that is not a multiple of the page size is refused.
source udmabuf.c, udmabuf_create; selftests/drivers/dma-buf/udmabuf.c, test-2
needs udmabuf
  udmabuf u0 16384 seal 0 2048             => EINVAL

requirement udmabuf-test-4 A sealed memfd becomes a buffer of its size.
source udmabuf.c, udmabuf_create; selftests/drivers/dma-buf/udmabuf.c, test-4
needs udmabuf
  udmabuf u0 16384 seal 0 16384            => size=16384
  fill u0 4                                => 0
`,
);

const BUFFERS = 32;
const MEBIBYTE = 1 << 20;
const DIRT = 0xff;

/** Dirties many buffers, gives them back, and takes as many: all are zero. */
async function expectZeroed({ exporter }: ScenarioStack, size: number): Promise<void> {
  const taken = () => Array.from({ length: BUFFERS }, () => exporter.allocate({ size }));
  const dirty = taken();
  for (const buffer of dirty) {
    await buffer.beginCpuAccess('write');
    buffer.bytes().fill(DIRT);
    buffer.endCpuAccess('write');
  }
  for (const buffer of dirty) buffer.close();
  for (const buffer of taken()) {
    await buffer.beginCpuAccess('read');
    const bytes = buffer.bytes();
    let at = 0;
    while (at < size && bytes[at] === 0) at++;
    buffer.endCpuAccess('read');
    buffer.close();
    if (at < size) throw new Error(`Byte ${at} of a new buffer is not zero.`);
  }
}

/** Offers a dma-buf where a memfd is wanted. */
async function expectNoMemfd({ exporter, udmabuf }: ScenarioStack): Promise<void> {
  using other = exporter.allocate({ size: PAGE_SIZE });
  try {
    udmabuf!.create(other, 0, PAGE_SIZE).close();
  } catch (refusal) {
    if (refusal instanceof KernelError && refusal.code === 'EBADFD') return;
    throw refusal;
  }
  throw new Error('A dma-buf was taken for a memfd.');
}

const PROOFS: readonly Requirement[] = [
  {
    id: 'dmabuf-heaps-test-alloc-zeroed-4k',
    sentence: 'Buffers of 4 KiB are zero, whatever the memory held before.',
    ...{ source: 'dmabuf-heap.c, test_alloc_zeroed', needs: [] },
    proof: (stack) => expectZeroed(stack, PAGE_SIZE),
  },
  {
    id: 'dmabuf-heaps-test-alloc-zeroed-1m',
    sentence: 'Buffers of 1 MiB are zero, whatever the memory held before.',
    ...{ source: 'dmabuf-heap.c, test_alloc_zeroed', needs: [] },
    proof: (stack) => expectZeroed(stack, MEBIBYTE),
  },
  {
    id: 'udmabuf-test-3',
    sentence: 'A file that is not a memfd is refused: EBADFD.',
    source: 'udmabuf.c, udmabuf_create; selftests/drivers/dma-buf/udmabuf.c, test-3',
    needs: ['udmabuf'],
    proof: expectNoMemfd,
  },
];

/** The self-tests of DMA heaps (selftests/dmabuf-heaps) and of udmabuf (selftests/drivers/dma-buf). */
export const SELF_TESTS_BUFFERS: RequirementGroup = {
  ...CALLS,
  requirements: [...CALLS.requirements, ...PROOFS],
};
