import type { UsbRequest } from '@gadgetloom/udc';
import { ENDPOINT_REGISTERS, Txcsr } from '../registers/endpoint-registers.ts';
import { MAX_LENGTH } from './dma-channels.ts';
import type { MusbEndpoint } from './musb-endpoint.ts';
import type { MusbState } from './musb-state.ts';
import { loadFifo, NOT_MAPPED, RequestMapping, unmapRequest } from './request-memory.ts';

const TXCSR = ENDPOINT_REGISTERS.TXCSR.offset;
/** Bits that writing 0 would clear, and FIFONOTEMPTY with them (MUSB_TXCSR_P_WZC_BITS). */
const KEEP = Txcsr.INCOMPTX | Txcsr.SENTSTALL | Txcsr.UNDERRUN | Txcsr.FIFONOTEMPTY;

/**
 * Loads the next packet of a request, or lets DMA load as many as it can (txstate). Callers must select the endpoint
 * first.
 */
export function transmitState(musb: MusbState, endpoint: MusbEndpoint, request: UsbRequest): void {
  if (endpoint.descriptor === undefined || endpoint.dma?.status === 'busy') return;
  const { registers } = musb;
  const at = musb.endpointBase(endpoint.number) + TXCSR;
  const csr = registers.read16(at);
  // The previous packet is not sent yet. Its interrupt calls this function again.
  if ((csr & (Txcsr.TXPKTRDY | Txcsr.SENDSTALL)) !== 0) return;
  const mapping = RequestMapping.of(request);
  if (mapping.dma !== NOT_MAPPED && startDma(musb, endpoint, request, mapping.dma, at, csr)) return;
  const most = endpoint.splitsBulk ? endpoint.hardware.maxTransmit : endpoint.maxPacket;
  const count = Math.min(most, request.length - request.actual);
  // A table stays mapped: the caller that mapped it unmaps it.
  if (mapping.mappedHere) unmapRequest(musb, mapping);
  if (count > 0) loadFifo(registers, musb.fifo(endpoint.number), request, count);
  request.actual += count;
  registers.write16(at, (csr | Txcsr.TXPKTRDY) & ~Txcsr.UNDERRUN);
}

/** Programs the endpoint's channel. Returns false if the CPU has to load the FIFO. */
function startDma(
  musb: MusbState,
  endpoint: MusbEndpoint,
  { actual, length }: UsbRequest,
  address: number,
  at: number,
  csr: number,
): boolean {
  const channel = endpoint.dma;
  const size = Math.min(length - actual, MAX_LENGTH);
  if (channel === undefined || size === 0 || musb.dma === undefined) return false;
  const mode = size < endpoint.maxPacket ? 0 : 1;
  channel.mode = mode;
  if (!musb.dma.program(channel, endpoint.maxPacket, mode, address + actual, size)) return false;
  const { registers } = musb;
  let next: number;
  if (mode === 0) {
    // DMAENAB must be cleared before DMAMODE.
    const off = csr & ~(Txcsr.AUTOSET | Txcsr.DMAENAB);
    registers.write16(at, off | KEEP);
    next = (off & ~Txcsr.DMAMODE) | Txcsr.DMAENAB | Txcsr.MODE;
  } else {
    next = csr | Txcsr.DMAENAB | Txcsr.DMAMODE | Txcsr.MODE;
    if (endpoint.multiplier === 0 || endpoint.splitsBulk) next |= Txcsr.AUTOSET;
  }
  registers.write16(at, next & ~Txcsr.UNDERRUN);
  return true;
}

/** Handles a packet that was sent, or DMA that is done (musb_g_tx). */
export function transmitInterrupt(musb: MusbState, number: number): void {
  const endpoint = musb.endpoints[number]?.in;
  if (endpoint === undefined) return;
  const { registers } = musb;
  const at = musb.endpointBase(number) + TXCSR;
  musb.select(number);
  let csr = registers.read16(at);
  if ((csr & Txcsr.SENTSTALL) !== 0) {
    registers.write16(at, (csr | KEEP) & ~Txcsr.SENTSTALL);
    return;
  }
  if ((csr & Txcsr.UNDERRUN) !== 0) {
    csr = (csr | KEEP) & ~(Txcsr.UNDERRUN | Txcsr.TXPKTRDY);
    registers.write16(at, csr);
  }
  const channel = endpoint.dma;
  if (channel?.status === 'busy') return;
  const request = endpoint.requests.first;
  if (request === undefined) return;
  if (channel !== undefined && (csr & Txcsr.DMAENAB) !== 0) {
    const off = Txcsr.DMAENAB | Txcsr.UNDERRUN | Txcsr.TXPKTRDY | Txcsr.AUTOSET;
    registers.write16(at, (csr | KEEP) & ~off);
    csr = registers.read16(at);
    request.actual += channel.actual;
  }
  const all = request.actual === request.length;
  if (all && request.zero && request.length > 0 && request.length % endpoint.maxPacket === 0) {
    if ((csr & Txcsr.TXPKTRDY) !== 0) return;
    registers.write16(at, Txcsr.MODE | Txcsr.TXPKTRDY);
    request.zero = false;
  }
  let next: UsbRequest | undefined = request;
  if (all) {
    endpoint.finish(0);
    musb.select(number);
    next = endpoint.descriptor === undefined ? undefined : endpoint.requests.first;
  }
  if (next !== undefined) transmitState(musb, endpoint, next);
}
