import { InputError } from '@gadgetloom/core';
import type { GadgetDefinition, Stack, StackEndpoint } from '@gadgetloom/gadget';

/** Describes how a file is cut into transfers: all have the same length except the last. */
export interface TransferPlan {
  readonly total: number;
  readonly bufferSize: number;
  readonly count: number;
  /** Bytes of transfer `sequence`, counted from 0; 0 after the last. */
  length(sequence: number): number;
}

export function planTransfers(total: number, bufferSize: number): TransferPlan {
  return {
    total,
    bufferSize,
    count: Math.ceil(total / bufferSize),
    length: (sequence) => Math.max(0, Math.min(bufferSize, total - sequence * bufferSize)),
  };
}

/** Finds the first bulk endpoint of each direction. @throws InputError the gadget has none */
export function bulkPair(stack: Stack<GadgetDefinition>): {
  readonly source: StackEndpoint;
  readonly sink: StackEndpoint;
} {
  const find = (direction: 'in' | 'out'): StackEndpoint => {
    const found = stack.endpoints.find((one) => one.direction === direction && one.definition.type === 'bulk');
    if (found) return found;
    const names = stack.endpoints.map((one) => `${one.gadgetName} (${one.definition.type} ${one.direction})`);
    throw new InputError(
      `The gadget has no bulk ${direction.toUpperCase()} endpoint, which the file has to go ${direction === 'in' ? 'out' : 'back'} through; ` +
        `it has ${names.join(', ') || 'no endpoints at all'}. Add \`${direction === 'in' ? 'samples' : 'commands'}: { type: bulk, direction: ${direction} }\`.`,
    );
  };
  return { source: find('in'), sink: find('out') };
}

/** @throws InputError the buffer size does not suit the endpoints */
export function checkBufferSize(bufferSize: number, packetSize: number): void {
  if (bufferSize % packetSize === 0) return;
  const below = Math.floor(bufferSize / packetSize) * packetSize;
  const near = [below, below + packetSize].filter((size) => size > 0).join(' or ');
  throw new InputError(
    `The buffer size is ${bufferSize} ${bufferSize === 1 ? 'byte' : 'bytes'}, and a packet at this speed has ${packetSize}: every transfer would end with a short packet. ` +
      `Use a multiple of ${packetSize}, such as ${near}.`,
    { field: 'buffer-size' },
  );
}
