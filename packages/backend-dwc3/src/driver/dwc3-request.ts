import type { ScatterTable } from '@gadgetloom/dmabuf';
import type { UsbRequest } from '@gadgetloom/udc';
import { TRB_WORDS, trbBufferHigh, trbBufferLow, trbSize } from '../registers/trb-words.ts';
import { TrbImage } from './trb-image.ts';
import type { TrbRing } from './trb-ring.ts';

/** Where a request is (core.h, DWC3_REQUEST_STATUS_*). */
export const RequestState = {
  QUEUED: 0,
  STARTED: 1,
  DISCONNECTED: 2,
  DEQUEUED: 3,
  STALLED: 4,
  COMPLETED: 5,
} as const;
/** State of a request. */
export type RequestState = (typeof RequestState)[keyof typeof RequestState];

/** Of a request whose table was mapped by others, or that has none. */
export const NO_ADDRESSES: readonly number[] = [];
const NO_WORDS = new Int32Array(0);

/** A request with what the driver keeps about it (struct dwc3_request), as long as there is the request. */
export class Dwc3Request {
  // What completion needs comes first: where transfers of many gadgets go on at a time, each line of the cache counts.
  readonly request: UsbRequest;
  before: Dwc3Request | undefined = undefined;
  after: Dwc3Request | undefined = undefined;
  state: RequestState = RequestState.COMPLETED;
  /** TRBs that it has and that were not taken back. */
  trbs = 0;
  /** Entries of its table in all, with an image as long as it has that; 0 for linear memory. */
  entries = 0;
  /** Entries whose TRBs were not taken back (num_queued_sgs). */
  queuedEntries = 0;
  /** Entries without a TRB (num_pending_sgs). */
  pendingEntries = 0;
  /** Bytes that the hardware did not move. */
  remaining = 0;
  needsExtraTrb = false;
  /** Address of linear memory while it is mapped; -1 otherwise. */
  address = -1;
  /** Addresses of the entries of a table that this driver has mapped itself. */
  mapped: readonly number[] = NO_ADDRESSES;
  /** Index of its first TRB; -1 while it has none. */
  trb = -1;
  /** The entry that gets the next TRB. */
  nextEntry = 0;
  /** Bytes of entries without a TRB. */
  lengthLeft = 0;
  /** What the TRBs of its table look like, if it was mapped by others and TRBs can say what it is. */
  image: TrbImage | undefined = undefined;
  /** The table that the image is of. */
  #table: ScatterTable | undefined = undefined;
  // What each transfer needs of the image is here, so that it need not be fetched from afar; of long buffers at the end.
  #firstLow = 0;
  #firstHigh = 0;
  #firstLength = 0;
  #lastLow = 0;
  #lastHigh = 0;
  #lastLength = 0;
  middleBytes = 0;
  #middle: Int32Array = NO_WORDS;
  #middleControl = 0;
  /** Of a control request: its data goes to the host. */
  toHost = false;

  private constructor(request: UsbRequest) {
    this.request = request;
  }

  /** That of a request (to_dwc3_request); made when the request is queued for the first time. */
  static of(request: UsbRequest): Dwc3Request {
    const known = request.controllerData;
    if (known instanceof Dwc3Request) return known;
    const made = new Dwc3Request(request);
    request.controllerData = made;
    return made;
  }

  /** Has the image of its table, which is mostly the one that it had before. @param table that was mapped by others */
  know(table: ScatterTable | undefined): void {
    // Unlike ===, this does not look at the table itself, which is somewhere else in memory.
    if (Object.is(this.#table, table)) return;
    this.image = table === undefined ? undefined : TrbImage.of(table);
    this.#table = table;
    if (this.image === undefined) return;
    const { entries, words, middle, middleBytes } = this.image;
    const last = (entries - 1) * TRB_WORDS;
    this.entries = entries;
    this.#middle = middle;
    this.middleBytes = middleBytes;
    this.#middleControl = 0;
    this.#firstLow = trbBufferLow(words, 0);
    this.#firstHigh = trbBufferHigh(words, 0);
    this.#firstLength = trbSize(words, 0);
    this.#lastLow = trbBufferLow(words, last);
    this.#lastHigh = trbBufferHigh(words, last);
    this.#lastLength = trbSize(words, last);
  }

  /** Bytes of an entry of the image. */
  imageLength(entry: number): number {
    if (entry === 0) return this.#firstLength;
    return entry + 1 === this.entries ? this.#lastLength : this.image!.length(entry);
  }

  /** Puts an entry of the image where the next TRB of a ring goes. */
  putEntry(ring: TrbRing, entry: number, size: number, control: number): void {
    if (entry === 0) ring.addWords(this.#firstLow, this.#firstHigh, size, control);
    else if (entry + 1 === this.entries) ring.addWords(this.#lastLow, this.#lastHigh, size, control);
    else {
      const { words } = this.image!;
      const at = entry * TRB_WORDS;
      ring.addWords(trbBufferLow(words, at), trbBufferHigh(words, at), size, control);
    }
  }

  /** Puts all but the first and the last. They must fit in a row. @param control word of each */
  putMiddle(ring: TrbRing, control: number): void {
    if (this.#middleControl !== control) {
      this.#middleControl = control;
      this.image!.stamp(control);
    }
    ring.addRow(this.#middle, this.entries - 2);
  }

  /** The request is queued. */
  begin(): void {
    this.state = RequestState.QUEUED;
    this.trb = -1;
    this.trbs = 0;
    this.remaining = 0;
    this.needsExtraTrb = false;
    this.address = -1;
  }
}
