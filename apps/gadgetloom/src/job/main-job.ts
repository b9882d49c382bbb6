import type { FileHandle } from 'node:fs/promises';
import { InputError } from '@gadgetloom/core';
import type { GadgetDefinition, Stack, StackEndpoint } from '@gadgetloom/gadget';
import type { StreamStatistics, TransferPath } from '@gadgetloom/streams';
import type { ConnectedDevice, DevicePipe } from '@gadgetloom/virtual-host';
import type { Progress } from '../terminal/progress.ts';
import { FileSource } from './file-source.ts';
import { HostLoop } from './host-loop.ts';
import { bulkPair, checkBufferSize, planTransfers } from './plan.ts';
import { RoundTrip } from './round-trip.ts';

export interface JobOptions {
  readonly stack: Stack<GadgetDefinition>;
  readonly file: FileHandle;
  /** Bytes of the file, at least 1. */
  readonly size: number;
  /** Bytes of each transfer but the last. */
  readonly bufferSize: number;
  /** Transfers that each endpoint has at a time. */
  readonly depth: number;
  readonly fallback: 'copy' | 'error';
  readonly progress: Progress;
  /** Stops the job early. */
  readonly signal: AbortSignal;
}

/** What one direction did. */
export interface DirectionReport {
  readonly endpoint: string;
  /** Transfers that ended by themselves, well or not. */
  readonly transfers: number;
  readonly bytes: number;
  readonly errors: number;
  /** How the bytes moved; `null` if no transfer completed. */
  readonly path: TransferPath | null;
}

export interface JobReport {
  readonly in: DirectionReport;
  readonly out: DirectionReport;
  /** SHA-256 of the file as it was read, and of what came back; `null` if the job was stopped. */
  readonly sha256: { readonly sent: string; readonly received: string } | null;
  /** `stopped` if somebody stopped the job before its end. */
  readonly verdict: 'identical' | 'different' | 'stopped';
  readonly seconds: number;
  /** Of the bus: `'super'`. */
  readonly speed: string;
  /** Transfers that were cancelled because the job was stopped. */
  readonly cancelled: number;
}

/**
 * The main job: a file goes through a bulk IN endpoint to the host, which sends it back through a bulk OUT endpoint.
 *
 * @throws InputError the gadget or the buffer size does not suit, or there is no host to plug the gadget into
 * @throws KernelError what goes wrong on the way
 */
export async function runJob(options: JobOptions): Promise<JobReport> {
  const { stack, depth, progress } = options;
  const { source, sink } = bulkPair(stack);
  const device = await stack.hostDevice();
  const [pipeIn, pipeOut] = [pipeOf(stack, device, source), pipeOf(stack, device, sink)];
  checkBufferSize(options.bufferSize, pipeIn.maxPacketSize);
  const plan = planTransfers(options.size, options.bufferSize);
  await using trip = new RoundTrip({
    ...{ stack, source, sink, plan, depth, fallback: options.fallback },
    onProgress: () => progress.update(trip.received),
  });
  const failed = new AbortController();
  const host = new HostLoop(pipeIn, pipeOut, plan, (failure) => failed.abort(failure));
  const file = new FileSource(options.file, trip.outgoing, plan);
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const began = performance.now();
  const inFlight = { in: 0, out: 0 };
  signal.addEventListener('abort', () =>
    Object.assign(inFlight, { in: trip.sent.inFlight, out: trip.received.inFlight }),
  );
  host.start(2 * depth);
  try {
    await trip.run(file, signal);
  } finally {
    host.stop();
    progress.stop();
  }
  if (failed.signal.aborted) throw failed.signal.reason;
  const sha256 = options.signal.aborted ? null : { sent: file.digest(), received: trip.digest() };
  return {
    in: directionReport(source, trip.sent, inFlight.in, trip.sentPath),
    out: directionReport(sink, trip.received, inFlight.out, trip.receivedPath),
    sha256,
    verdict: sha256 === null ? 'stopped' : sha256.sent === sha256.received ? 'identical' : 'different',
    seconds: (performance.now() - began) / 1000,
    speed: device.speed,
    cancelled: inFlight.in + inFlight.out,
  };
}

function directionReport(
  { gadgetName }: StackEndpoint,
  { transfers, bytes, errors }: StreamStatistics,
  cancelled: number,
  path: TransferPath | undefined,
): DirectionReport {
  // What was stopped ends with an error of its own, which is nobody's fault.
  const faults = Math.max(0, errors - cancelled);
  return { endpoint: gadgetName, transfers: transfers - (errors - faults), bytes, errors: faults, path: path ?? null };
}

/** The host's end of an endpoint. The host sees the endpoints in the gadget's order, but maybe by other addresses. */
function pipeOf(stack: Stack<GadgetDefinition>, device: ConnectedDevice, endpoint: StackEndpoint): DevicePipe {
  const pipe = device.endpoints()[stack.endpoints.indexOf(endpoint)];
  if (pipe?.direction === endpoint.direction) return pipe;
  throw new InputError(
    `The host chose a configuration without the endpoint ${endpoint.gadgetName} in its first setting.`,
  );
}
