import type { BusTransfer } from '@gadgetloom/udc/bus';
import { giveBackMoved, TrbPieces } from '../registers/trb-rows.ts';
import { TRB_WORDS } from '../registers/trb-words.ts';
import type { DmaEngine } from './dma-engine.ts';
import type { PhysicalEndpoint } from './physical-endpoint.ts';

/** Of the chain that is at work: nobody else runs before they have moved. */
const pieces = new TrbPieces();

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
  if (!trbs.enter(cursor.address, 'write')) return 0;
  const { words, at, end } = trbs;
  pieces.read(words, at, end, room);
  const { data, actual } = transfer;
  const toHost = endpoint.in;
  const { addresses, lengths, count } = pieces;
  let moved = 0;
  let done = 0;
  while (done < count) {
    const address = addresses[done]!;
    const length = lengths[done]!;
    const to = actual + moved;
    if (!(toHost ? dma.tryRead(address, data, to, length) : dma.tryWrite(address, data, to, length))) break;
    moved += length + dma.tryMore(addresses, lengths, done + 1, count);
    done += 1 + dma.more;
  }
  if (done === 0) return 0;
  giveBackMoved(words, at, at + done * TRB_WORDS);
  cursor.advance(done);
  transfer.actual = actual + moved;
  endpoint.fill = endpoint.intoPacket(endpoint.fill + moved);
  return moved;
}
