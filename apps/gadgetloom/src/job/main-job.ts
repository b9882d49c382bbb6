import type { FileHandle } from 'node:fs/promises';
import { type KernelError, SECOND, SystemClock } from '@gadgetloom/core';
import type { GadgetDefinition, Stack, StackEndpoint } from '@gadgetloom/gadget';
import { type CopyReason, StreamStatistics, type TransferPath } from '@gadgetloom/streams';
import type { OutputFile } from '../commands/run/output-file.ts';
import type { Progress } from '../terminal/progress.ts';
import { FileSource } from './file-source.ts';
import { awaitPeer } from './peer.ts';
import { bulkPair, checkBufferSize, planTransfers } from './plan.ts';
import { RoundTrip } from './round-trip.ts';

export interface JobOptions {
  readonly stack: Stack<GadgetDefinition>;
  readonly file: FileHandle;
  /** File for the received bytes. */
  readonly output?: OutputFile | undefined;
  /** Bytes of the file, at least 1. */
  readonly size: number;
  /** Bytes of each transfer except the last. */
  readonly bufferSize: number;
  /** Transfers that each endpoint has at a time. */
  readonly depth: number;
  readonly fallback: 'copy' | 'error';
  /** Shows the progress, if there is a terminal. */
  readonly progress: Progress | undefined;
  /** Called with a text when the job waits for something, and when it comes. */
  readonly notice: (text: string) => void;
  /** Stops the job early. */
  readonly signal: AbortSignal;
}

/** The result of one direction. */
export interface DirectionReport {
  readonly endpoint: string;
  /** Transfers that completed or failed by themselves. */
  readonly transfers: number;
  readonly bytes: number;
  readonly errors: number;
  /** How the bytes moved; `null` if no transfer completed. */
  readonly path: TransferPath | null;
  /** Why bytes were copied, as ATTACH answered; `null` if they were not. */
  readonly copying: CopyReason | null;
}

export interface JobReport {
  readonly in: DirectionReport;
  readonly out: DirectionReport;
  /** SHA-256 of the bytes that were read from the file, and of those that came back; `null` if the job was stopped. */
  readonly sha256: { readonly sent: string; readonly received: string } | null;
  /** `stopped` if somebody stopped the job before its end. */
  readonly verdict: 'identical' | 'different' | 'stopped';
  /** Seconds of the wall clock. */
  readonly seconds: number;
  /** Seconds on the simulated bus if it takes the time of a real one; otherwise `null`. */
  readonly busSeconds: number | null;
  /** Speed of the bus: `'super'`. */
  readonly speed: string;
  /** Transfers that were cancelled because the job was stopped. */
  readonly cancelled: number;
}

/**
 * The main job: sends a file through a bulk IN endpoint to the host, which sends it back through a bulk OUT endpoint.
 *
 * @throws InputError the gadget or the buffer size does not suit, or there is no host to plug the gadget into
 * @throws KernelError an operation of the kernel failed on the way
 */
export async function runJob(options: JobOptions): Promise<JobReport> {
  const { stack, depth, progress } = options;
  const { source, sink } = bulkPair(stack);
  const peer = await awaitPeer({ stack, source, sink }, options.notice, options.signal);
  if (peer === undefined) return neverBegun(source, sink);
  checkBufferSize(options.bufferSize, peer.packetSize);
  const plan = planTransfers(options.size, options.bufferSize);
  await using trip = new RoundTrip({
    ...{ stack, source, sink, plan, depth, fallback: options.fallback, output: options.output },
    // A host that comes back finds everything as it was.
    onDisable: peer.here ? 'drop' : 'replay',
    onProgress: () => progress?.update(trip.received),
  });
  const failed = new AbortController();
  const file = new FileSource(options.file, trip.outgoing, plan);
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const began = performance.now();
  const beganOnBus = stack.clock.now();
  const inFlight = { in: 0, out: 0 };
  signal.addEventListener('abort', () =>
    Object.assign(inFlight, { in: trip.sent.inFlight, out: trip.received.inFlight }),
  );
  progress?.begin();
  peer.start(plan, 2 * depth, (failure: KernelError) => failed.abort(failure));
  try {
    await trip.run(file, signal);
  } finally {
    peer.stop();
    progress?.stop();
  }
  if (failed.signal.aborted) throw failed.signal.reason;
  const sha256 = options.signal.aborted ? null : { sent: file.digest(), received: trip.digest() };
  return {
    in: directionReport(source, trip.sent, inFlight.in, trip.sentPath),
    out: directionReport(sink, trip.received, inFlight.out, trip.receivedPath),
    sha256,
    verdict: sha256 === null ? 'stopped' : sha256.sent === sha256.received ? 'identical' : 'different',
    seconds: (performance.now() - began) / 1000,
    busSeconds: busSeconds(stack, beganOnBus),
    speed: peer.speed,
    cancelled: inFlight.in + inFlight.out,
  };
}

/** The report of a job that was stopped before a host came. */
function neverBegun(source: StackEndpoint, sink: StackEndpoint): JobReport {
  const nothing = new StreamStatistics();
  return {
    in: directionReport(source, nothing, 0, undefined),
    out: directionReport(sink, nothing, 0, undefined),
    ...{ sha256: null, verdict: 'stopped', seconds: 0, busSeconds: null, speed: 'unknown', cancelled: 0 },
  };
}

/** A simulated bus that takes no time does not advance its clock. */
function busSeconds({ clock }: Stack<GadgetDefinition>, began: number): number | null {
  const passed = clock.now() - began;
  return clock instanceof SystemClock || passed === 0 ? null : passed / SECOND;
}

function directionReport(
  { gadgetName }: StackEndpoint,
  { transfers, bytes, errors, copying }: StreamStatistics,
  cancelled: number,
  path: TransferPath | undefined,
): DirectionReport {
  // A stopped transfer ends with an error of its own, which does not count as a fault.
  const faults = Math.max(0, errors - cancelled);
  return {
    ...{ endpoint: gadgetName, transfers: transfers - (errors - faults), bytes, errors: faults },
    ...{ path: path ?? null, copying: copying ?? null },
  };
}
