import type { BusTransfer } from '@gadgetloom/udc/bus';
import { littleEndian } from '../registers/little-endian.ts';
import {
  BPH_WORD,
  BPL_WORD,
  CTRL_WORD,
  SIZE_WORD,
  TRB_LENGTH_MASK,
  TRB_TYPE_MASK,
  TRB_TYPE_SHIFT,
  TRB_WORDS,
  TrbCtrl,
  TrbType,
} from '../registers/trb.ts';
import type { DmaEngine } from './dma-engine.ts';
import type { PhysicalEndpoint } from './physical-endpoint.ts';
import { addressOf } from './trb-memory.ts';

/** The core owns it, more of its buffer follows, and nobody is told when it is done. */
const SILENT = TrbCtrl.HWO | TrbCtrl.CHN | (TrbType.NORMAL << TRB_TYPE_SHIFT);
const DECISIVE = SILENT | TrbCtrl.LST | TrbCtrl.IOC | (TRB_TYPE_MASK << TRB_TYPE_SHIFT);
/** Of the size word, what stays when all bytes have moved. */
const KEPT = 0x0f00_0000;

/** Whether a TRB is nothing but a piece of a buffer, which goes by without an event. @param control its word */
export function isSilent(control: number): boolean {
  return (control & DECISIVE) === SILENT;
}

/**
 * Moves the silent TRBs of a long buffer, from the next one on, as long as they go over the wire as a whole with more to come
 * from both sides. What is special about a TRB is left to the caller; this is where a buffer of many pages spends its time.
 *
 * @param room bytes that may move; less than all of them do
 * @returns bytes that have moved
 */
export function moveChain(endpoint: PhysicalEndpoint, dma: DmaEngine, transfer: BusTransfer, room: number): number {
  const { cursor } = endpoint;
  const { trbs } = cursor;
  if (!trbs.enter(cursor.address, 'write')) return 0;
  const { words, end } = trbs;
  const { data, actual } = transfer;
  const toHost = endpoint.in;
  let { at } = trbs;
  let moved = 0;
  for (; at + TRB_WORDS <= end; at += TRB_WORDS) {
    const control = littleEndian(words[at + CTRL_WORD]!);
    if (!isSilent(control)) break;
    const size = littleEndian(words[at + SIZE_WORD]!);
    const length = size & TRB_LENGTH_MASK;
    if (length === 0 || moved + length >= room) break;
    const buffer = addressOf(words[at + BPL_WORD]!, words[at + BPH_WORD]!);
    const found = toHost
      ? dma.tryRead(buffer, data, actual + moved, length)
      : dma.tryWrite(buffer, data, actual + moved, length);
    if (!found) break;
    moved += length;
    words[at + SIZE_WORD] = littleEndian(size & KEPT);
    words[at + CTRL_WORD] = littleEndian(control & ~TrbCtrl.HWO);
  }
  if (moved === 0) return 0;
  cursor.advance((at - trbs.at) / TRB_WORDS);
  transfer.actual = actual + moved;
  endpoint.fill = endpoint.intoPacket(endpoint.fill + moved);
  return moved;
}
