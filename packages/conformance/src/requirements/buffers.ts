import { type MemfdSeal, PAGE_SIZE } from '@gadgetloom/dmabuf';
import type { ScenarioStack } from '../scenario/target.ts';
import { expectOutcome } from './fresh-instance.ts';
import { type Requirement, type RequirementGroup, readRequirements } from './requirement.ts';

/** What scenarios show. */
const CALLS = readRequirements(
  'buffers',
  'Buffers',
  `
requirement heap-pages A heap gives whole pages.
source dma-heap.c, dma_heap_buffer_alloc
  alloc b0 1                               => size=4096
  alloc b1 4096                            => size=4096
  alloc b2 4097                            => size=8192

requirement heap-nothing A heap refuses a size of 0: EINVAL.
source dma-heap.c, dma_heap_ioctl_allocate
  alloc b0 0                               => EINVAL

requirement heap-flags Heaps accept no flags, and for descriptors only those of open: else EINVAL.
source dma-heap.c, dma_heap_ioctl_allocate
  alloc b0 4096 0                          => size=4096
  alloc b1 4096 2 1                        => EINVAL
  alloc b2 4096 0x800                      => EINVAL

requirement buffer-zeroed A new buffer is all zeros.
source heaps/system_heap.c, system_heap_allocate
  alloc b0 4096                            => size=4096
  crc b0                                   => seed:zero/4096

requirement buffer-seek Seeking to the end of a buffer gives its size; no other seek is allowed.
source dma-buf.c, dma_buf_llseek
  alloc b0 65536                           => size=65536
  lseek b0 0 end                           => 65536
  lseek b0 0 set                           => 0
  lseek b0 1 set                           => EINVAL
  lseek b0 0 cur                           => EINVAL
  lseek b0 1 end                           => EINVAL

requirement buffer-name A name has at most 31 characters: else EINVAL.
source dma-buf.c, dma_buf_set_name
  alloc b0 4096                            => size=4096
  setname b0 hello                         => 0
  setname b0 0123456789012345678901234567890 => 0
  setname b0 01234567890123456789012345678901 => EINVAL

requirement buffer-map Mapping beyond the end of a buffer fails: EINVAL.
source dma-buf.c, dma_buf_mmap_internal
  alloc b0 65536                           => size=65536
  mmaplen b0 65536 0                       => 0
  mmaplen b0 65536 4096                    => EINVAL
  mmaplen b0 4096 61440                    => 0
  mmaplen b0 69633 0                       => EINVAL

requirement buffer-map-read-only A buffer that was allocated for reading cannot be mapped for writing: EACCES.
source dma-buf.c, dma_buf_fd; mm/mmap.c, do_mmap
  alloc b0 4096 0                          => size=4096
  mmaplen b0 4096 0                        => EACCES

requirement buffer-sync CPU access begins and ends for reading, writing or both: else EINVAL.
source dma-buf.c, dma_buf_ioctl (DMA_BUF_IOCTL_SYNC)
  alloc b0 4096                            => size=4096
  sync b0 0                                => EINVAL
  sync b0 1                                => 0
  sync b0 3                                => 0
  sync b0 4                                => EINVAL
  sync b0 5                                => 0
  sync b0 7                                => 0
  sync b0 8                                => EINVAL
  sync b0 9                                => EINVAL

requirement buffer-idle A buffer that nobody uses may be read and written.
source dma-buf.c, dma_buf_poll
  alloc b0 4096                            => size=4096
  poll b0 in 0                             => IN
  poll b0 out 0                            => OUT
  poll b0 in,out 0                         => IN OUT

requirement udmabuf-seals The memory of a udmabuf must be sealed against shrinking but not against writing: else EINVAL.
source udmabuf.c, check_memfd_seals
needs udmabuf
  udmabuf u0 65536 seal                    => size=65536
  udmabuf u1 65536 noseal                  => EINVAL
  udmabuf u2 65536 wseal                   => EINVAL

requirement udmabuf-pages A udmabuf is made of whole pages inside its memory: else EINVAL.
source udmabuf.c, udmabuf_create
needs udmabuf
  udmabuf u0 4097                          => EINVAL
  udmabuf u1 65536 seal 4096 61440         => size=61440
  udmabuf u2 65536 seal 0 69632            => EINVAL
  udmabuf u3 65536 seal 1 4096             => EINVAL
  udmabuf u4 65536 seal 0 0                => EINVAL

requirement udmabuf-limit A udmabuf has at most 64 MiB: else EINVAL.
source udmabuf.c, udmabuf_create (size_limit_mb)
needs udmabuf
  udmabuf u0 67112960                      => EINVAL

requirement udmabuf-sync CPU access to a udmabuf ends after it has begun: else EINVAL.
source udmabuf.c, end_cpu_udmabuf
needs udmabuf
  udmabuf u0 4096                          => size=4096
  sync u0 7                                => EINVAL
  sync u0 3                                => 0
  sync u0 7                                => 0

requirement buffer-outlives-descriptor A buffer lives as long as one of its descriptors.
source dma-buf.c, dma_buf_release
  alloc b0 4096                            => size=4096
  fill b0 3                                => 0
  dup d0 b0                                => 0
  closefd b0                               => 0
  closefd b0                               => EBADF
  crc d0                                   => seed:3/4096
`,
);

/** What comes of a udmabuf of a memfd with these seals. */
const SEALS: readonly (readonly [seals: readonly MemfdSeal[], expected: '0' | 'EINVAL'])[] = [
  [['shrink', 'grow'], '0'],
  [['grow'], 'EINVAL'],
  [['shrink', 'future-write'], 'EINVAL'],
];

async function otherSeals({ udmabuf }: ScenarioStack): Promise<void> {
  for (const [seals, expected] of SEALS) {
    using memfd = udmabuf!.memfd(PAGE_SIZE, seals);
    await expectOutcome(`seals ${seals.join(' and ')}`, expected, () => udmabuf!.create(memfd, 0, PAGE_SIZE).close());
  }
}

async function memfdClosed({ udmabuf }: ScenarioStack): Promise<void> {
  const memfd = udmabuf!.memfd(PAGE_SIZE, ['shrink']);
  using buffer = udmabuf!.create(memfd, 0, PAGE_SIZE);
  memfd.close();
  buffer.bytes().fill(1);
  await expectOutcome('a memfd that is closed', 'EBADFD', () => udmabuf!.create(memfd, 0, PAGE_SIZE).close());
}

const PROOFS: readonly Requirement[] = [
  {
    id: 'udmabuf-other-seals',
    sentence: 'The memory of a udmabuf may be sealed against growing, but not against future writes: EINVAL.',
    ...{ source: 'udmabuf.c, check_memfd_seals (SEALS_DENIED)', needs: ['udmabuf'], proof: otherSeals },
  },
  {
    id: 'udmabuf-outlives-memory',
    sentence: 'A udmabuf outlives the descriptor of its memory; no other udmabuf can then be made from it: EBADFD.',
    ...{ source: 'udmabuf.c, udmabuf_create and udmabuf_pin_folios', needs: ['udmabuf'], proof: memfdClosed },
  },
];

/** Buffers by themselves: heaps, udmabuf, and what can be done with a dma-buf descriptor. */
export const BUFFERS: RequirementGroup = { ...CALLS, requirements: [...CALLS.requirements, ...PROOFS] };
