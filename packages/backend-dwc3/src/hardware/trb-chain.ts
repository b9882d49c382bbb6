import type { BusTransfer } from '@gadgetloom/udc/bus';
import { isLittleEndian } from '../registers/little-endian.ts';
import { TRB_LENGTH_MASK } from '../registers/trb.ts';
import { isSilent, SilentRow } from '../registers/trb-rows.ts';
import { TRB_WORDS, trbBuffer, trbControl, trbSize } from '../registers/trb-words.ts';
import type { DmaEngine } from './dma-engine.ts';
import type { PhysicalEndpoint } from './physical-endpoint.ts';

// As in trb-rows.ts: constants of this module, for the compiler.
const NEXT: number = TRB_WORDS;
const LENGTH: number = TRB_LENGTH_MASK;
/** Memory can read addresses and sizes where they are. */
const LEGIBLE: boolean = isLittleEndian;

/** Of the chain that is at work: nobody else runs before it has moved. */
const row = new SilentRow();

/**
 * Moves the silent TRBs of a long buffer, from the next one on, as long as they go over the wire as a whole with more to come
 * from both sides. What is special about a TRB is left to the caller.
 *
 * @param room bytes that may move; less than all of them do
 * @returns bytes that have moved
 */
export function moveChain(endpoint: PhysicalEndpoint, dma: DmaEngine, transfer: BusTransfer, room: number): number {
  const { cursor } = endpoint;
  const { trbs } = cursor;
  if (!trbs.enter(cursor.address)) return 0;
  const { words, at: first, end } = trbs;
  const { data, actual } = transfer;
  const toHost = endpoint.in;
  let moved = 0;
  let at = first;
  while (at < end && isSilent(trbControl(words, at))) {
    const left = room - moved;
    const length = trbSize(words, at) & LENGTH;
    if (length === 0 || length >= left) break;
    const address = trbBuffer(words, at);
    const to = actual + moved;
    if (!(toHost ? dma.tryRead(address, data, to, length) : dma.tryWrite(address, data, to, length))) break;
    // What is behind it in memory may be anything: of that, the silent ones.
    const next = LEGIBLE ? dma.follow(words, at + NEXT, end, NEXT) : at + NEXT;
    row.giveBack(words, at, next, left);
    dma.extend(row.bytes - length);
    moved += row.bytes;
    at = row.end;
  }
  if (moved === 0) return 0;
  cursor.advance((at - first) / NEXT);
  transfer.actual = actual + moved;
  endpoint.fill = endpoint.intoPacket(endpoint.fill + moved);
  return moved;
}
