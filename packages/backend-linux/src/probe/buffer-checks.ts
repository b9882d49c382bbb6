import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeResult } from '@gadgetloom/core';
import { heapNames } from '../buffers/dma-heap.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import type { Check } from './checks.ts';
import { moduleState } from './modules.ts';
import { bad, good, writable } from './outcome.ts';

const ALLOW =
  'As root: `gadgetloom setup --user USER`, or a udev rule such as `SUBSYSTEM=="dma_heap", GROUP="users", MODE="0660"` (for udmabuf, `KERNEL=="udmabuf"`).';

/** Sources of buffers: each one, then whether any can be used. */
export const BUFFER_CHECKS: readonly Check[] = [
  {
    name: 'heaps',
    required: false,
    run: (paths) => {
      const all = heapNames(paths);
      const closed = all.filter((name) => !writable(join(paths.dev, 'dma_heap', name)));
      if (all.length === 0)
        return bad(
          `there is no DMA heap in ${join(paths.dev, 'dma_heap')}`,
          'Build the kernel with CONFIG_DMABUF_HEAPS_SYSTEM.',
        );
      return closed.length === 0
        ? good(all.join(', '))
        : bad(`this user may not use ${closed.map((name) => join(paths.dev, 'dma_heap', name)).join(', ')}`, ALLOW);
    },
  },
  {
    name: 'udmabuf',
    required: false,
    run: (paths) => {
      const path = join(paths.dev, 'udmabuf');
      if (!existsSync(path)) return bad(`there is no ${path}`, bringUdmabuf(paths));
      return writable(path) ? good(path) : bad(`this user may not use ${path}`, ALLOW);
    },
  },
  { name: 'buffers', required: true, run: buffers },
];

function buffers(paths: LinuxPaths): ProbeResult {
  const heaps = heapNames(paths);
  const usable = heaps.filter((name) => writable(join(paths.dev, 'dma_heap', name)));
  if (usable.length > 0) return good(usable.join(', '));
  if (writable(join(paths.dev, 'udmabuf'))) return good('udmabuf');
  return heaps.length > 0 || existsSync(join(paths.dev, 'udmabuf'))
    ? bad('this user may use neither a DMA heap nor udmabuf', ALLOW)
    : bad(
        'there is neither a DMA heap nor udmabuf',
        `${bringUdmabuf(paths)} A kernel with CONFIG_DMABUF_HEAPS_SYSTEM works too.`,
      );
}

/** Advice for a missing /dev/udmabuf. Nothing loads its module on demand. */
function bringUdmabuf(paths: LinuxPaths): string {
  return moduleState(paths, 'udmabuf') === 'missing'
    ? 'Build the kernel with CONFIG_UDMABUF.'
    : 'As root: `modprobe udmabuf`. If there is no such module, build the kernel with CONFIG_UDMABUF.';
}
