import { isKernelError } from '@gadgetloom/core';
import type { ScatterTable } from '@gadgetloom/dmabuf';
import type { UsbRequest } from '@gadgetloom/udc';
import type { RegisterSpace } from '../registers/register-space.ts';
import type { MusbState } from './musb-state.ts';

/** No address: the request is not mapped (DMA_ADDR_INVALID). */
export const NOT_MAPPED = -1;

/** Where the bytes of a request are for the device (struct musb_request). It stays with the request. */
export class RequestMapping {
  /** Address of the bytes. */
  dma: number = NOT_MAPPED;
  /** True if the driver has mapped the request, and so has to unmap it. */
  mappedHere = false;

  static of(request: UsbRequest): RequestMapping {
    const known = request.controllerData;
    if (known instanceof RequestMapping) return known;
    const made = new RequestMapping();
    request.controllerData = made;
    return made;
  }
}

/** Maps a request for the DMA controller. The CPU moves a request that cannot be mapped (map_dma_buffer). */
export function mapRequest(musb: MusbState, request: UsbRequest, transmit: boolean): void {
  const { buffer, sg, length } = request;
  const mapping = RequestMapping.of(request);
  if (sg !== undefined) {
    // A mapped DMABUF is contiguous here. A table with several pieces is the kernel's own memory, which the CPU copies.
    if (isContiguous(sg)) mapping.dma = sg.entries[0]?.dmaAddress ?? NOT_MAPPED;
    return;
  }
  if (buffer === undefined || length === 0) return;
  try {
    mapping.dma = musb.memory.mapSingle(buffer, 0, length, transmit ? 'to-device' : 'from-device');
    mapping.mappedHere = true;
  } catch (refusal) {
    if (!isKernelError(refusal)) throw refusal;
  }
}

/** Unmaps a request, so that the CPU may access its bytes (unmap_dma_buffer). */
export function unmapRequest(musb: MusbState, mapping: RequestMapping): void {
  if (mapping.mappedHere) musb.memory.unmapSingle(mapping.dma);
  mapping.mappedHere = false;
  mapping.dma = NOT_MAPPED;
}

/** Lets the CPU load a FIFO with the next bytes of a request. */
export function loadFifo(registers: RegisterSpace, fifo: number, request: UsbRequest, length: number): void {
  const { buffer, actual } = request;
  if (buffer !== undefined) registers.writeRepeatedly(fifo, buffer, actual, length);
  else
    forEachPiece(request, length, (memory, at, count) => {
      registers.writeRepeatedly(fifo, memory, at, count);
    });
}

/** Lets the CPU unload a FIFO into a request. */
export function unloadFifo(registers: RegisterSpace, fifo: number, request: UsbRequest, length: number): void {
  const { buffer, actual } = request;
  if (buffer !== undefined) registers.readRepeatedly(fifo, buffer, actual, length);
  else
    forEachPiece(request, length, (memory, at, count) => {
      registers.readRepeatedly(fifo, memory, at, count);
    });
}

/** True if the entries of a table are contiguous for the device. */
export function isContiguous({ entries }: ScatterTable): boolean {
  let next = entries[0]?.dmaAddress;
  for (const { dmaAddress, length } of entries) {
    if (dmaAddress !== next) return false;
    next = dmaAddress + length;
  }
  return true;
}

/** Calls back for each piece of memory of the next `length` bytes of a request with a table. */
function forEachPiece(
  { sg, actual }: UsbRequest,
  length: number,
  move: (memory: Uint8Array, at: number, length: number) => void,
): void {
  let before = 0;
  for (const entry of sg?.entries ?? []) {
    const from = Math.max(actual, before);
    const to = Math.min(actual + length, before + entry.length);
    if (from < to) move(entry.memory, entry.offset + from - before, to - from);
    before += entry.length;
  }
}
