import type { DmaDirection, ScatterTable } from '@gadgetloom/dmabuf';
import type { DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import { put } from '../registers/field.ts';
import { TRB_LENGTH_MASK, TRB_SID_SHIFT, TRB_TYPE_SHIFT, TrbCtrl, TrbSize, TrbType } from '../registers/trb.ts';
import { type DriverState, SPEED_ORDER } from './driver-state.ts';
import { type Dwc3Endpoint, TRANSFER_TYPE } from './dwc3-endpoint.ts';
import type { Dwc3Request } from './dwc3-request.ts';

const { CHN, CSP, HWO, IOC, ISP_IMI } = TrbCtrl;

const NORMAL = TrbType.NORMAL << TRB_TYPE_SHIFT;
const ISOCHRONOUS = TrbType.ISOCHRONOUS << TRB_TYPE_SHIFT;
const ISOCHRONOUS_FIRST = TrbType.ISOCHRONOUS_FIRST << TRB_TYPE_SHIFT;

/**
 * Writes TRBs for the requests of an endpoint until the ring is full or every request has its TRBs (dwc3_prepare_trbs).
 *
 * @returns whether there are new ones
 */
export function prepareTrbs(state: DriverState, endpoint: Dwc3Endpoint): boolean {
  let prepared = false;
  // Only the last started request can have entries without a TRB: nothing is started behind it until it has all of them.
  const { last } = endpoint.started;
  if (last !== undefined && last.pendingEntries > 0) {
    prepared = prepareEntries(state, endpoint, last);
    if (!prepared || last.pendingEntries > 0) return prepared;
  }
  for (let request = endpoint.pending.first; request !== undefined; request = endpoint.pending.first) {
    if (endpoint.trbsLeft === 0) return prepared;
    map(state, endpoint, request);
    if (request.pendingEntries > 0) {
      prepared = prepareEntries(state, endpoint, request);
      if (!prepared || request.pendingEntries > 0) return prepared;
    } else {
      prepared = prepareLast(state, endpoint, request, request.request.length, true);
      if (!prepared) return false;
    }
  }
  return prepared;
}

/** usb_gadget_map_request_by_dev: maps linear memory, and tables that are not mapped yet. */
function map({ memory }: DriverState, endpoint: Dwc3Endpoint, request: Dwc3Request): void {
  const { sg, length, sgWasMapped } = request.request;
  request.nextEntry = 0;
  request.queuedEntries = 0;
  request.lengthLeft = length;
  request.entries = sg === undefined ? 0 : sg.entries.length;
  request.pendingEntries = request.entries;
  if (sg === undefined) mapLinear(memory, endpoint, request);
  // A request that found no free TRB before is mapped already.
  else if (!sgWasMapped && request.mapped.length === 0) mapEntries(memory, endpoint, request, sg);
}

function mapLinear(memory: DmaAddressSpace, endpoint: Dwc3Endpoint, request: Dwc3Request): void {
  const { buffer, length } = request.request;
  if (buffer === undefined || length === 0 || request.address >= 0) return;
  request.address = memory.mapSingle(buffer, 0, length, directionOf(endpoint));
}

function mapEntries(
  memory: DmaAddressSpace,
  endpoint: Dwc3Endpoint,
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

function directionOf(endpoint: Dwc3Endpoint): DmaDirection {
  return endpoint.in ? 'to-device' : 'from-device';
}

/** Writes a TRB for each entry of the table that holds bytes of the request (dwc3_prepare_trbs_sg). @returns whether any */
function prepareEntries(state: DriverState, endpoint: Dwc3Endpoint, request: Dwc3Request): boolean {
  const before = request.trbs;
  const extra = needsExtraTrb(endpoint, request);
  const first = request.nextEntry;
  let interrupts = false;
  while (request.pendingEntries > 0 && !interrupts) {
    const entry = request.nextEntry;
    const left = endpoint.trbsLeft;
    if (left === 0) break;
    const length = Math.min(request.lengthLeft, lengthOf(request, entry));
    const rest = request.lengthLeft - length;
    if (request.pendingEntries === 1 || rest === 0) {
      if (!prepareLast(state, endpoint, request, length, entry === first)) break;
    } else {
      // No TRB fits behind this one, or only one where the end of the request needs two.
      const lastThatFits = left === 1 || (extra && left === 2 && lengthOf(request, entry + 1) >= rest);
      interrupts = lastThatFits && mustInterrupt(endpoint, request);
      prepareOne(state, endpoint, request, length, true, entry === first, interrupts);
    }
    request.nextEntry++;
    request.queuedEntries++;
    request.lengthLeft = rest;
    // Entries beyond the length of the request stay unused.
    request.pendingEntries = rest === 0 ? 0 : request.pendingEntries - 1;
  }
  return request.trbs > before;
}

/** Bytes of an entry of the table. */
function lengthOf({ request }: Dwc3Request, entry: number): number {
  return request.sg!.entries[entry]!.length;
}

/** Returns whether the last TRB of the ring has to interrupt, because no request before it does. */
function mustInterrupt(endpoint: Dwc3Endpoint, request: Dwc3Request): boolean {
  for (const other of endpoint.started) {
    if (other === request) return true;
    if (!other.request.noInterrupt) return false;
  }
  return false;
}

/**
 * Writes the TRB that ends a request, and the one behind it for alignment or a zero-length packet (dwc3_prepare_last_sg).
 *
 * @returns false if there is no room for them
 */
function prepareLast(
  state: DriverState,
  endpoint: Dwc3Endpoint,
  request: Dwc3Request,
  length: number,
  first: boolean,
): boolean {
  const extra = needsExtraTrb(endpoint, request);
  if (endpoint.trbsLeft < (extra ? 2 : 1)) return false;
  request.needsExtraTrb = extra;
  const whole = request.request.length;
  if (endpoint.in || whole > 0) prepareOne(state, endpoint, request, length, extra, first, false);
  if (extra || (!endpoint.in && whole === 0)) {
    const size = endpoint.in ? 0 : endpoint.maxPacket - (whole % endpoint.maxPacket);
    endpoint.ring.add(state.bounce.dmaAddress, size, takeTrb(endpoint, request, false, false));
  }
  return true;
}

/** dwc3_needs_extra_trb: IN, a zero-length packet at the end; OUT, what is missing to a whole packet. */
function needsExtraTrb(endpoint: Dwc3Endpoint, { request }: Dwc3Request): boolean {
  const rest = request.length % endpoint.maxPacket;
  if (request.length > 0 && request.zero && rest === 0 && !endpoint.isochronous) return true;
  return !endpoint.in && rest !== 0;
}

/**
 * Writes one TRB for memory of the request (dwc3_prepare_one_trb).
 *
 * @param first whether it is the first one of this call: the first TRB of an isochronous transfer has a type of its own
 */
function prepareOne(
  state: DriverState,
  endpoint: Dwc3Endpoint,
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
    if (state.speedOrder === SPEED_ORDER.high) size |= put(TrbSize.PCM1, packetCount(endpoint, request));
  }
  endpoint.ring.add(addressOf(request), size, control);
}

/** The address of linear memory, or of the next entry of the table. */
function addressOf({ request, address, mapped, nextEntry }: Dwc3Request): number {
  const { sg, sgWasMapped } = request;
  if (sg !== undefined) return (sgWasMapped ? sg.entries[nextEntry]?.dmaAddress : mapped[nextEntry]) ?? 0;
  // A request without bytes has no address and needs none.
  return Math.max(address, 0);
}

/** Counts another TRB of a request. @returns its control word */
function takeTrb(endpoint: Dwc3Endpoint, taken: Dwc3Request, chain: boolean, mustInterrupt: boolean): number {
  const { request } = taken;
  if (taken.trb < 0) {
    taken.trb = endpoint.ring.enqueue;
    endpoint.startNext();
  }
  taken.trbs++;
  let control = (endpoint.isochronous ? ISOCHRONOUS : NORMAL) | HWO;
  if (!endpoint.in) {
    if (!endpoint.streamCapable) control |= CSP;
    if (request.shortNotOk) control |= ISP_IMI;
  }
  if (chain) control |= CHN;
  else if (!request.noInterrupt) control |= endpoint.isochronous ? IOC | ISP_IMI : IOC;
  if (mustInterrupt) control |= IOC;
  if (endpoint.streamCapable && endpoint.type === TRANSFER_TYPE.BULK)
    control |= (request.streamId & 0xffff) << TRB_SID_SHIFT;
  return control;
}

/** Transactions of a microframe at high speed, less one (USB 2.0, 5.9.2). */
function packetCount(endpoint: Dwc3Endpoint, { request }: Dwc3Request): number {
  if (request.length <= endpoint.maxPacket) return 0;
  return request.length <= 2 * endpoint.maxPacket ? 1 : 2;
}
