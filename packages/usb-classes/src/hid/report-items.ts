import { InputError } from '@gadgetloom/core';

/** Types of a short item (HID 1.11, 6.2.2.2). */
export const ItemType = { MAIN: 0, GLOBAL: 1, LOCAL: 2, RESERVED: 3 } as const;

/** One short item of a report descriptor. */
export interface ReportItem {
  /** Place of its first byte in the descriptor. */
  readonly offset: number;
  /** bType, 0 to 3. */
  readonly type: number;
  /** bTag, 0 to 15. */
  readonly tag: number;
  /** Bytes of data: 0, 1, 2 or 4. */
  readonly size: number;
  /** The data as an unsigned number. */
  readonly unsigned: number;
  /** The data as a signed number of its size. */
  readonly signed: number;
}

const LONG_ITEM = 0xfe;
const SIZES = [0, 1, 2, 4] as const;

/** Makes an error that names the place in the descriptor. */
export function descriptorError(offset: number, problem: string): InputError {
  return new InputError(`report descriptor, byte ${offset}: ${problem}`, { field: 'reportDescriptor' });
}

/**
 * The items of a report descriptor. Long items, which no specification defines, are passed over (HID 1.11, 6.2.2.3).
 *
 * @throws InputError an item is longer than the rest of the descriptor
 */
export function* reportItems(descriptor: Uint8Array): Generator<ReportItem, void, undefined> {
  const view = new DataView(descriptor.buffer, descriptor.byteOffset, descriptor.byteLength);
  for (let offset = 0; offset < descriptor.length; ) {
    const prefix = descriptor[offset]!;
    const left = descriptor.length - offset - 1;
    if (prefix === LONG_ITEM) {
      const need = left === 0 ? 2 : 2 + descriptor[offset + 1]!;
      expectBytes(offset, need, left);
      offset += 1 + need;
      continue;
    }
    const size = SIZES[(prefix & 3) as 0 | 1 | 2 | 3];
    expectBytes(offset, size, left);
    const [unsigned, signed] = numbers(view, offset + 1, size);
    yield { offset, type: (prefix >> 2) & 3, tag: prefix >> 4, size, unsigned, signed };
    offset += 1 + size;
  }
}

function expectBytes(offset: number, need: number, left: number): void {
  if (left < need)
    throw descriptorError(
      offset,
      `the item needs ${need} bytes of data, and ${left} are left. Add them, or correct it.`,
    );
}

function numbers(view: DataView, at: number, size: number): [unsigned: number, signed: number] {
  if (size === 1) return [view.getUint8(at), view.getInt8(at)];
  if (size === 2) return [view.getUint16(at, true), view.getInt16(at, true)];
  if (size === 4) return [view.getUint32(at, true), view.getInt32(at, true)];
  return [0, 0];
}
