import { isKernelError, KernelError } from '@gadgetloom/core';
import type { ScatterTable } from '@gadgetloom/dmabuf';
import type { UsbRequest } from '@gadgetloom/udc';
import type { MusbState } from './musb-state.ts';
import { NOT_MAPPED, type QueuedRequest } from './request-list.ts';

/** Maps a request for the DMA controller; one that cannot be mapped is moved by the CPU (map_dma_buffer). */
export function mapRequest(musb: MusbState, queued: QueuedRequest, transmit: boolean): void {
  const { buffer, sg, length } = queued.request!;
  if (sg !== undefined) {
    queued.dma = sg.entries[0]!.dmaAddress;
    return;
  }
  if (buffer === undefined || length === 0) return;
  try {
    queued.dma = musb.memory.mapSingle(buffer, 0, length, transmit ? 'to-device' : 'from-device');
    queued.mappedHere = true;
  } catch (refusal) {
    if (!isKernelError(refusal)) throw refusal;
  }
}

/** Gives the bytes back to the CPU (unmap_dma_buffer). */
export function unmapRequest(musb: MusbState, queued: QueuedRequest): void {
  if (queued.mappedHere) musb.memory.unmapSingle(queued.dma);
  queued.mappedHere = false;
  queued.dma = NOT_MAPPED;
}

/** The bytes of a request, for the CPU. */
export function bytesOf(request: UsbRequest): Uint8Array {
  return request.buffer ?? linear(request.sg) ?? NOTHING;
}

/**
 * Only the hypothetical controller that takes contiguous buffers gets this far with a table.
 *
 * @throws KernelError EINVAL the buffer is in more than one piece for the device
 */
export function expectContiguous(table: ScatterTable, endpoint: string): void {
  if (linear(table) !== undefined) return;
  const advice = `the buffer lies in pieces for the device (${table.entries.length} entries), and this controller knows no scatter-gather.`;
  throw new KernelError('EINVAL', `queue ${endpoint}`, advice);
}

/** The bytes of a table whose entries follow each other, for the device and for the CPU. */
function linear(table: ScatterTable | undefined): Uint8Array | undefined {
  const entries = table?.entries ?? [];
  const first = entries[0];
  if (first === undefined) return undefined;
  let length = 0;
  for (const entry of entries) {
    if (entry.dmaAddress !== first.dmaAddress + length) return undefined;
    if (entry.memory !== first.memory || entry.offset !== first.offset + length) return undefined;
    length += entry.length;
  }
  return first.memory.subarray(first.offset, first.offset + length);
}

const NOTHING = new Uint8Array();
