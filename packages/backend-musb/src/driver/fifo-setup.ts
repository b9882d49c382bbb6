import { KernelError } from '@gadgetloom/core';
import { COMMON_REGISTERS, FifoSize } from '../registers/core-registers.ts';
import type { SiliconConfiguration } from '../registers/register-space.ts';
import type { FifoSetup } from './fifo-tables.ts';
import { HardwareEndpoint } from './hardware-endpoint.ts';
import type { MusbState } from './musb-state.ts';

const { INDEX, TXFIFOSZ, RXFIFOSZ, TXFIFOADD, RXFIFOADD } = COMMON_REGISTERS;
/** Bytes of the FIFO of endpoint 0. */
const CONTROL_SIZE = 64;

/**
 * Places the FIFOs of all endpoints one after the other from the start of the RAM (ep_config_from_table, fifo_setup).
 *
 * @throws KernelError EMSGSIZE the RAM is too small; EINVAL the chip has no such endpoint, or the table has no endpoint
 * 1
 */
export function setUpFifos(musb: MusbState, table: readonly FifoSetup[], silicon: SiliconConfiguration): void {
  const endpoints = [new HardwareEndpoint(0)];
  const control: FifoSetup = { endpoint: 0, style: 'both', maxPacket: CONTROL_SIZE };
  let offset = 0;
  for (const setup of [control, ...table]) {
    const { endpoint } = setup;
    if (endpoint >= silicon.endpoints)
      throw failure('EINVAL', `the table has endpoint ${endpoint}, the chip only 0 to ${silicon.endpoints - 1}.`);
    while (endpoints.length <= endpoint) endpoints.push(new HardwareEndpoint(endpoints.length));
    offset = setUpFifo(musb, endpoints[endpoint]!, setup, offset, silicon);
  }
  // The host side of the driver needs endpoint 1.
  if (!table.some(({ endpoint }) => endpoint === 1)) throw failure('EINVAL', 'the table has no FIFO for endpoint 1.');
  musb.endpoints = endpoints;
}

/** @returns the offset at which the next FIFO begins */
function setUpFifo(
  musb: MusbState,
  endpoint: HardwareEndpoint,
  { style, maxPacket, double = false }: FifoSetup,
  offset: number,
  { ramBits }: SiliconConfiguration,
): number {
  const { registers } = musb;
  const wanted = Math.max(maxPacket, 8);
  // The lowest bit that is set decides the size: 960 bytes make a FIFO of 64.
  const size = wanted & -wanted;
  const end = offset + size * (double ? 2 : 1);
  const ram = 1 << (ramBits + 2);
  if (end > ram)
    throw failure('EMSGSIZE', `endpoint ${endpoint.number} needs the FIFO RAM up to byte ${end}; it has ${ram}.`);
  const code = (Math.log2(size) - 3) | (double ? FifoSize.DPB : 0);
  registers.write8(INDEX.offset, endpoint.number);
  if (style !== 'receive') {
    registers.write8(TXFIFOSZ.offset, code);
    registers.write16(TXFIFOADD.offset, offset >> 3);
    endpoint.maxTransmit = size;
    endpoint.transmitDouble = double;
  }
  if (style !== 'transmit') {
    registers.write8(RXFIFOSZ.offset, code);
    registers.write16(RXFIFOADD.offset, offset >> 3);
    endpoint.maxReceive = size;
    endpoint.receiveDouble = double;
  }
  endpoint.shared ||= style === 'both';
  musb.endpointMask |= 1 << endpoint.number;
  return end;
}

function failure(code: 'EINVAL' | 'EMSGSIZE', reason: string): KernelError {
  return new KernelError(code, 'probe musb-hdrc', `${reason} Choose another fifoMode or fifos, or more ramBits.`);
}
