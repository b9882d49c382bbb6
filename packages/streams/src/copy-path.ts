import { KernelError } from '@gadgetloom/core';
import type { EndpointFile } from '@gadgetloom/functionfs';
import { withNonblock } from './readiness.ts';
import type { Transfer } from './transfer.ts';

/**
 * Moves one transfer through `read` or `write` of the endpoint file, between begin and end of CPU access. Streams use
 * it if the controller cannot do scatter-gather.
 *
 * @param stopped asked once the CPU may touch the buffer, which may take a while
 * @returns bytes moved
 * @throws KernelError EINVAL the length is invalid, as for DMABUFs; EAGAIN the endpoint is not enabled; other errors of
 *   the endpoint
 */
export async function copyThrough(endpoint: EndpointFile, transfer: Transfer, stopped: () => boolean): Promise<number> {
  const { buffer, length } = transfer;
  transfer.actual = 0;
  if (!(length >= 1 && length <= buffer.size)) {
    const advice = `the length is ${length}, and 1 to ${buffer.size} bytes, the size of the buffer, are allowed.`;
    throw new KernelError('EINVAL', `transfer through ${endpoint.gadgetName}`, advice);
  }
  const access = endpoint.direction === 'in' ? 'read' : 'write';
  await buffer.beginCpuAccess(access);
  try {
    if (stopped()) throw new KernelError('EINTR', `transfer through ${endpoint.gadgetName}`);
    transfer.actual = -1;
    const bytes = buffer.bytes().subarray(0, length);
    return await withNonblock(endpoint, true, (file) => (access === 'read' ? file.write(bytes) : file.read(bytes)));
  } finally {
    buffer.endCpuAccess(access);
  }
}
