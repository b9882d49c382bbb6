import type { DmaDirection, ScatterTable } from '@gadgetloom/dmabuf';
import type { DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import { TRB_LENGTH_MASK, TRB_SID_SHIFT, TRB_TYPE_SHIFT, TrbCtrl, TrbType } from '../registers/trb.ts';
import { type DriverState, SPEED_ORDER } from './driver-state.ts';
import type { Dwc3Request } from './dwc3-request.ts';
import { type Dwc3EndpointState, TRANSFER_TYPE } from './endpoint-state.ts';

// The compiler of JavaScript looks up at each use what other modules export.
const { CHN, CSP, HWO, IOC, ISP_IMI } = TrbCtrl;

const PCM1_SHIFT = 24;
const NORMAL = TrbType.NORMAL << TRB_TYPE_SHIFT;
const ISOCHRONOUS = TrbType.ISOCHRONOUS << TRB_TYPE_SHIFT;
const ISOCHRONOUS_FIRST = TrbType.ISOCHRONOUS_FIRST << TRB_TYPE_SHIFT;

/**
 * Makes TRBs of the requests of an endpoint, as many as there is room for (dwc3_prepare_trbs).
 *
 * @returns whether there are new ones
 */
export function prepareTrbs(state: DriverState, endpoint: Dwc3EndpointState): boolean {
  let prepared = false;
  // Only the one that was started last can have entries without a TRB: none is started behind it before it has all.
  const { last } = endpoint.started;
  if (last !== undefined) {
    if (last.pendingEntries > 0) {
      prepared = prepareEntries(state, endpoint, last) > 0;
      if (!prepared || last.pendingEntries > 0) return prepared;
    }
    if (endpoint.trbsLeft === 0) return prepared;
  }
  for (let request = endpoint.pending.first; request !== undefined; request = endpoint.pending.first) {
    map(state, endpoint, request);
    if (request.pendingEntries > 0) {
      prepared = prepareEntries(state, endpoint, request) > 0;
      if (request.pendingEntries > 0) return prepared;
    } else prepared = prepareLast(state, endpoint, request, request.request.length, true) > 0;
    if (!prepared || endpoint.trbsLeft === 0) return prepared;
  }
  return prepared;
}

/** usb_gadget_map_request_by_dev: maps linear memory, and tables that are not mapped yet. */
function map({ memory }: DriverState, endpoint: Dwc3EndpointState, request: Dwc3Request): void {
  const { sg, length, sgWasMapped } = request.request;
  request.nextEntry = 0;
  request.queuedEntries = 0;
  request.lengthLeft = length;
  request.know(sgWasMapped ? sg : undefined);
  if (request.image === undefined) {
    request.entries = sg === undefined ? 0 : sg.entries.length;
    if (sg === undefined) mapLinear(memory, endpoint, request);
    // A request that found no room before is mapped already.
    else if (!sgWasMapped && request.mapped.length === 0) mapEntries(memory, endpoint, request, sg);
  }
  request.pendingEntries = request.entries;
}

function mapLinear(memory: DmaAddressSpace, endpoint: Dwc3EndpointState, request: Dwc3Request): void {
  const { buffer, length } = request.request;
  if (buffer === undefined || length === 0 || request.address >= 0) return;
  request.address = memory.mapSingle(buffer, 0, length, directionOf(endpoint));
}

function mapEntries(
  memory: DmaAddressSpace,
  endpoint: Dwc3EndpointState,
  request: Dwc3Request,
  { entries }: ScatterTable,
): void {
  const mapped: number[] = [];
  try {
    for (const { memory: bytes, offset, length } of entries)
      mapped.push(memory.mapSingle(bytes, offset, length, directionOf(endpoint)));
  } catch (error) {
    // All or nothing: the request stays queued, and is mapped from the beginning the next time.
    for (const address of mapped) memory.unmapSingle(address);
    throw error;
  }
  request.mapped = mapped;
}

function directionOf(endpoint: Dwc3EndpointState): DmaDirection {
  return endpoint.in ? 'to-device' : 'from-device';
}

/** One TRB for each entry of the table that holds bytes of the request (dwc3_prepare_trbs_sg). */
function prepareEntries(state: DriverState, endpoint: Dwc3EndpointState, request: Dwc3Request): number {
  const before = request.trbs;
  const extra = needsExtraTrb(endpoint, request);
  const first = request.nextEntry;
  let left = endpoint.trbsLeft;
  while (request.pendingEntries > 0) {
    if (request.nextEntry > first) left -= prepareMiddle(endpoint, request, left - MARGIN);
    const whole = lengthOf(request, request.nextEntry);
    const length = request.lengthLeft < whole ? request.lengthLeft : whole;
    const rest = request.lengthLeft - length;
    const last = request.pendingEntries === 1 || rest === 0;
    if (left === 0) break;
    let interrupts = false;
    if (last) {
      request.lengthLeft = rest;
      if (prepareLast(state, endpoint, request, length, request.nextEntry === first) === 0) {
        request.lengthLeft += length;
        break;
      }
    } else {
      // The last TRB that there is room for, or the last but one that ends the request.
      if (left === 1 || (extra && left === 2 && lengthOf(request, request.nextEntry + 1) >= rest))
        interrupts = mustInterrupt(endpoint, request);
      request.lengthLeft = rest;
      prepareOne(state, endpoint, request, length, true, request.nextEntry === first, interrupts);
      request.nextEntry++;
      left--;
    }
    request.queuedEntries++;
    request.pendingEntries--;
    // Entries beyond the request's length stay unused.
    if (request.lengthLeft === 0) request.pendingEntries = 0;
    if (interrupts) break;
  }
  return request.trbs - before;
}

/** Bytes of an entry of the table. */
function lengthOf(request: Dwc3Request, entry: number): number {
  return request.image === undefined ? request.request.sg!.entries[entry]!.length : request.imageLength(entry);
}

/** TRBs at the end of the ring with which more has to be considered: the last may have to interrupt. */
const MARGIN = 2;

/**
 * As {@link prepareEntries}, for entries that are neither the first nor the last.
 *
 * @param most entries @returns how many there were
 */
function prepareMiddle(endpoint: Dwc3EndpointState, request: Dwc3Request, most: number): number {
  const { image, nextEntry } = request;
  if (image === undefined) return 0;
  const { ring } = endpoint;
  const control = chainedControl(endpoint, request) | HWO;
  const count = Math.min(most, request.pendingEntries - 1);
  let made = 0;
  if (count === request.entries - 2 && request.middleBytes < request.lengthLeft && ring.fitsRow(count)) {
    request.putMiddle(ring, control);
    request.lengthLeft -= request.middleBytes;
    made = count;
  } else {
    const { enqueue } = ring;
    request.lengthLeft -= ring.addPieces(image.words, nextEntry, nextEntry + count, request.lengthLeft, control);
    made = ring.addedSince(enqueue);
  }
  request.nextEntry = nextEntry + made;
  request.trbs += made;
  request.queuedEntries += made;
  request.pendingEntries -= made;
  return made;
}

/** Whether the last TRB that there is room for has to interrupt: no request before it does. */
function mustInterrupt(endpoint: Dwc3EndpointState, request: Dwc3Request): boolean {
  for (let other = endpoint.started.first; other !== undefined; other = other.after) {
    if (other === request) return true;
    if (!other.request.noInterrupt) return false;
  }
  return false;
}

/** The TRB that ends a request, and the one behind it for alignment or a zero-length packet (dwc3_prepare_last_sg). */
function prepareLast(
  state: DriverState,
  endpoint: Dwc3EndpointState,
  request: Dwc3Request,
  length: number,
  first: boolean,
): number {
  const extra = needsExtraTrb(endpoint, request);
  const needed = extra ? 2 : 1;
  if (endpoint.trbsLeft < needed) return 0;
  request.needsExtraTrb = extra;
  const whole = request.request.length;
  if (endpoint.in || whole > 0) prepareOne(state, endpoint, request, length, extra, first, false);
  if (extra || (!endpoint.in && whole === 0)) {
    const size = endpoint.in ? 0 : endpoint.maxPacket - (whole % endpoint.maxPacket);
    const control = takeTrb(endpoint, request, false, false);
    endpoint.ring.add(state.bounce.dmaAddress, size, control);
  }
  return needed;
}

/** dwc3_needs_extra_trb: IN, a zero-length packet at the end; OUT, what is missing to a whole packet. */
function needsExtraTrb(endpoint: Dwc3EndpointState, { request }: Dwc3Request): boolean {
  const rest = request.length % endpoint.maxPacket;
  if (request.length > 0 && request.zero && rest === 0 && !endpoint.isochronous) return true;
  return !endpoint.in && rest !== 0;
}

/** dwc3_prepare_one_trb, for memory of the request. @param first of those made at a time: isochronous TRBs differ */
function prepareOne(
  state: DriverState,
  endpoint: Dwc3EndpointState,
  request: Dwc3Request,
  length: number,
  chain: boolean,
  first: boolean,
  mustInterrupt: boolean,
): void {
  let size = length & TRB_LENGTH_MASK;
  let control = takeTrb(endpoint, request, chain, mustInterrupt);
  if (endpoint.isochronous && first) {
    control = (control & ~ISOCHRONOUS) | ISOCHRONOUS_FIRST;
    if (state.speedOrder === SPEED_ORDER.high) size |= packetCount(endpoint, request) << PCM1_SHIFT;
  }
  const { ring } = endpoint;
  if (request.image === undefined) ring.add(addressOf(request, request.nextEntry), size, control);
  else request.putEntry(ring, request.nextEntry, size, control);
}

/** Of linear memory, or of an entry of the table. */
function addressOf({ request, address, mapped }: Dwc3Request, entry: number): number {
  const { sg, sgWasMapped } = request;
  if (sg !== undefined) return (sgWasMapped ? sg.entries[entry]?.dmaAddress : mapped[entry]) ?? 0;
  // A request without bytes has no address, and needs none.
  return Math.max(address, 0);
}

/** Another TRB of a request. @returns its control word */
function takeTrb(endpoint: Dwc3EndpointState, request: Dwc3Request, chain: boolean, mustInterrupt: boolean): number {
  if (request.trb < 0) {
    request.trb = endpoint.ring.enqueue;
    endpoint.moveToStarted(request);
  }
  request.trbs++;
  let control = chainedControl(endpoint, request) | HWO;
  if (!chain) {
    control &= ~CHN;
    if (!request.request.noInterrupt) control |= endpoint.isochronous ? IOC | ISP_IMI : IOC;
  }
  return mustInterrupt ? control | IOC : control;
}

/** The control word of a TRB that is neither the first nor the last of its request. */
function chainedControl(endpoint: Dwc3EndpointState, { request }: Dwc3Request): number {
  let control = (endpoint.isochronous ? ISOCHRONOUS : NORMAL) | CHN;
  if (!endpoint.in) {
    if (!endpoint.streamCapable) control |= CSP;
    if (request.shortNotOk) control |= ISP_IMI;
  }
  if (endpoint.streamCapable && endpoint.type === TRANSFER_TYPE.BULK)
    control |= (request.streamId & 0xffff) << TRB_SID_SHIFT;
  return control;
}

/** Transactions of a microframe at high speed, less one (USB 2.0, 5.9.2). */
function packetCount(endpoint: Dwc3EndpointState, { request }: Dwc3Request): number {
  if (request.length <= endpoint.maxPacket) return 0;
  return request.length <= 2 * endpoint.maxPacket ? 1 : 2;
}
