import { Errno } from '@gadgetloom/core';
import type { UsbRequest } from '@gadgetloom/udc';
import { ENDPOINT_REGISTERS, Rxcsr } from '../registers/endpoint-registers.ts';
import type { MusbEndpoint } from './musb-endpoint.ts';
import type { MusbState } from './musb-state.ts';
import { NOT_MAPPED, RequestMapping, unloadFifo, unmapRequest } from './request-memory.ts';

const RXCSR = ENDPOINT_REGISTERS.RXCSR.offset;
const RXCOUNT = ENDPOINT_REGISTERS.RXCOUNT.offset;
/** Bits that writing 0 would clear (MUSB_RXCSR_P_WZC_BITS). */
const KEEP = Rxcsr.SENTSTALL | Rxcsr.OVERRUN | Rxcsr.RXPKTRDY;
const inProgress = -Errno.EINPROGRESS;

/** Copies a received packet into a request, or lets DMA do it (rxstate). Callers must select the endpoint first. */
export function receiveState(musb: MusbState, endpoint: MusbEndpoint, request: UsbRequest): void {
  if (endpoint.descriptor === undefined || endpoint.dma?.status === 'busy') return;
  const { registers } = musb;
  const base = musb.endpointBase(endpoint.number);
  let csr = registers.read16(base + RXCSR);
  if ((csr & Rxcsr.SENDSTALL) !== 0) return;
  let count = endpoint.maxPacket;
  if ((csr & Rxcsr.RXPKTRDY) !== 0) {
    count = registers.read16(base + RXCOUNT);
    const left = request.length - request.actual;
    if (left > 0) {
      const mapping = RequestMapping.of(request);
      if (mapping.dma !== NOT_MAPPED) {
        if (startDma(musb, endpoint, request, mapping.dma, base, csr, count)) return;
        if (mapping.mappedHere) unmapRequest(musb, mapping);
        csr &= ~(Rxcsr.DMAENAB | Rxcsr.AUTOCLEAR);
        registers.write16(base + RXCSR, csr);
      }
      count = Math.min(left, count);
      if (count > 0) unloadFifo(registers, musb.fifo(endpoint.number), request, count);
      request.actual += count;
      // Bytes that did not fit into the request are dropped with the packet.
      registers.write16(base + RXCSR, (csr | KEEP) & ~Rxcsr.RXPKTRDY);
    }
  }
  if (request.actual === request.length || count < endpoint.maxPacket) endpoint.finish(0);
}

/** Programs the channel for one packet, or for all missing bytes where a short packet would be an error. */
function startDma(
  musb: MusbState,
  endpoint: MusbEndpoint,
  { actual, length, shortNotOk }: UsbRequest,
  address: number,
  base: number,
  before: number,
  count: number,
): boolean {
  const channel = endpoint.dma;
  if (channel === undefined || musb.dma === undefined) return false;
  const { registers } = musb;
  let csr = before;
  let size: number;
  if (shortNotOk && count === endpoint.maxPacket) {
    csr |= Rxcsr.AUTOCLEAR;
    registers.write16(base + RXCSR, csr);
    csr |= Rxcsr.DMAENAB;
    registers.write16(base + RXCSR, csr);
    // The chip asks for DMA only after DMAMODE was set and cleared again.
    registers.write16(base + RXCSR, csr | Rxcsr.DMAMODE);
    registers.write16(base + RXCSR, csr);
    size = Math.min(length - actual, 0x10_0000);
    channel.mode = 1;
  } else {
    if (endpoint.multiplier === 0 && endpoint.hardware.receiveDouble) csr |= Rxcsr.AUTOCLEAR;
    csr |= Rxcsr.DMAENAB;
    registers.write16(base + RXCSR, csr);
    size = Math.min(length - actual, count);
    channel.mode = 0;
  }
  return musb.dma.program(channel, endpoint.maxPacket, channel.mode, address + actual, size);
}

/** Handles a packet that has arrived, or DMA that is done (musb_g_rx). */
export function receiveInterrupt(musb: MusbState, number: number): void {
  const hardware = musb.endpoints[number];
  const endpoint = hardware?.receiver;
  let request = endpoint?.requests.first;
  if (hardware === undefined || endpoint === undefined || request === undefined) return;
  musb.select(number);
  const { registers } = musb;
  const at = musb.endpointBase(number) + RXCSR;
  let csr = registers.read16(at);
  if ((csr & Rxcsr.SENTSTALL) !== 0) {
    registers.write16(at, (csr | KEEP) & ~Rxcsr.SENTSTALL);
    return;
  }
  if ((csr & Rxcsr.OVERRUN) !== 0) {
    csr &= ~Rxcsr.OVERRUN;
    registers.write16(at, csr);
    if (request.status === inProgress) request.status = -Errno.EOVERFLOW;
  }
  const channel = endpoint.dma;
  if (channel?.status === 'busy') return;
  if (channel !== undefined && (csr & Rxcsr.DMAENAB) !== 0) {
    csr &= ~(Rxcsr.AUTOCLEAR | Rxcsr.DMAENAB | Rxcsr.DMAMODE);
    registers.write16(at, csr | KEEP);
    request.actual += channel.actual;
    const empty = channel.actual === 0 && !musb.quirks.keepsEmptyPackets;
    const whole = (channel.actual & (endpoint.maxPacket - 1)) === 0 && !empty;
    // AUTOCLEAR releases only full packets, and in mode 0 the driver uses it with double FIFOs only.
    if ((channel.mode === 0 && !hardware.receiveDouble) || !whole) registers.write16(at, csr & ~Rxcsr.RXPKTRDY);
    if (request.actual < request.length && channel.actual === endpoint.maxPacket) {
      const another = (registers.read16(at) & Rxcsr.RXPKTRDY) !== 0;
      if (!another || !hardware.receiveDouble) return;
    } else {
      endpoint.finish(0);
      musb.select(number);
      request = endpoint.requests.first;
      if (request === undefined) return;
    }
  }
  receiveState(musb, endpoint, request);
}
