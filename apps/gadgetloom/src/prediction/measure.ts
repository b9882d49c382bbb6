import { type Clock, type ErrnoCode, InputError, KernelError, type Plugin } from '@gadgetloom/core';
import { composeStack, type GadgetDefinition, type StackEndpoint } from '@gadgetloom/gadget';
import {
  BufferPool,
  type BufferSlice,
  receiveFrom,
  settled,
  type TransferCompletion,
  type TransferPath,
  transferTo,
} from '@gadgetloom/streams';
import { HostTransfer } from '@gadgetloom/virtual-host';
import { type HostPipe, VIRTUAL_HOST, virtualHost } from '@gadgetloom/virtual-host/model';
import { Subject } from 'rxjs';
import { pipeOf } from '../job/pipe-of.ts';

/** The settings of a prediction. */
export interface PredictionSettings {
  readonly gadget: GadgetDefinition;
  /** One simulated backend. */
  readonly backends: readonly Plugin[];
  readonly backend: string | undefined;
  readonly direction: 'in' | 'out';
  /** Nanoseconds from a completion until the program has queued the next transfer. */
  readonly turnaround: number;
}

/** One point of the curve. */
export interface Point {
  /** Bytes of each transfer. */
  readonly size: number;
  /** Transfers that the gadget has queued. */
  readonly depth: number;
  readonly bytesPerSecond: number;
  /** Median of the nanoseconds from queueing a transfer to its completion. */
  readonly latency: number;
}

/** The points, and the backend that they were measured on. */
export interface Prediction {
  readonly backend: string | undefined;
  readonly controller: string;
  readonly speed: string | undefined;
  readonly endpoint: string;
  readonly path: TransferPath;
  readonly points: readonly Point[];
}

/** Transfers that the host has submitted besides those of the gadget. They are enough that nobody waits for it. */
const HOST_DEPTH = 32;
/** Measured transfers per place in the queue. One more transfer per place comes before them and is not measured. */
const ROUNDS = 12;

/**
 * Streams through the simulated controller over a bus that takes real time, once per size and depth, and reads the
 * clock.
 *
 * @throws InputError the gadget has no bulk endpoint in that direction, or the backend has no simulated host
 */
export async function predict(
  settings: PredictionSettings,
  sizes: readonly number[],
  depths: readonly number[],
): Promise<Prediction> {
  const points: Point[] = [];
  let facts: Omit<Prediction, 'points'> | undefined;
  for (const size of sizes) {
    for (const depth of depths) {
      const { point, ...rest } = await measure(settings, size, depth);
      points.push(point);
      facts = rest;
    }
  }
  return { ...facts!, points };
}

async function measure(settings: PredictionSettings, size: number, depth: number) {
  const { gadget, backends, backend, direction, turnaround } = settings;
  const overrides = [virtualHost({ timed: true })];
  await using stack = await composeStack({ gadget, backends, backend, overrides });
  const endpoint = stack.endpoints.find((one) => one.direction === direction && one.definition.type === 'bulk');
  if (endpoint === undefined)
    throw new InputError(`The gadget has no bulk ${direction.toUpperCase()} endpoint to predict anything of.`);
  const device = await stack.resolve(VIRTUAL_HOST).waitForDevice();
  const run = new Run(stack.clock, endpoint, size, depth, turnaround);
  await using pool = BufferPool.allocate(stack.exporter, { count: depth, size });
  const pipe = pipeOf(stack, device, endpoint);
  const host = new HostTraffic(pipe, size, depth + HOST_DEPTH, () => run.passed());
  const moving = direction === 'in' ? run.send(pool) : run.receive(pool);
  host.start();
  await moving;
  host.stop();
  await settled(endpoint);
  return {
    backend: stack.backend,
    controller: stack.controller.name,
    speed: stack.controller.speed,
    endpoint: endpoint.gadgetName,
    ...{ path: run.path, point: run.point() },
  };
}

/** The gadget's side of one measurement. */
class Run {
  path: TransferPath = 'dmabuf';
  readonly #clock: Clock;
  readonly #endpoint: StackEndpoint;
  readonly #size: number;
  readonly #depth: number;
  readonly #turnaround: number;
  readonly #count: number;
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];
  readonly #next: (() => void)[] = [];
  #continued = 0;
  #failure: string | undefined;

  constructor(clock: Clock, endpoint: StackEndpoint, size: number, depth: number, turnaround: number) {
    this.#clock = clock;
    this.#endpoint = endpoint;
    this.#size = size;
    this.#depth = depth;
    this.#turnaround = turnaround;
    this.#count = depth * (1 + ROUNDS);
  }

  /** Called when the host has seen the end of another transfer: only now has its last packet passed over the wire. */
  passed(): void {
    this.#ends.push(this.#clock.now());
    this.#proceed();
  }

  async send(pool: BufferPool): Promise<void> {
    const source = new Subject<BufferSlice>();
    const options = { clock: this.#clock, depth: this.#depth };
    const done = new Promise<void>((resolve, reject) => {
      source.pipe(transferTo(this.#endpoint as StackEndpoint<'in'>, options)).subscribe({
        next: (completion) =>
          this.#completed(completion, () => {
            if (completion.sequence + this.#depth < this.#count)
              source.next({ buffer: completion.buffer, length: this.#size });
            else pool.release(completion.buffer);
            if (completion.sequence === this.#count - 1) source.complete();
          }),
        complete: resolve,
        error: reject,
      });
    });
    for (let slot = 0; slot < this.#depth; slot++) source.next({ buffer: await pool.acquire(), length: this.#size });
    await done;
  }

  async receive(pool: BufferPool): Promise<void> {
    const length = (sequence: number): number => (sequence < this.#count ? this.#size : 0);
    const options = { clock: this.#clock, depth: this.#depth, length };
    await new Promise<void>((resolve, reject) => {
      receiveFrom(this.#endpoint as StackEndpoint<'out'>, pool, options).subscribe({
        next: (received) => this.#completed(received, () => received.release()),
        complete: resolve,
        error: reject,
      });
    });
  }

  /** @throws KernelError a transfer failed, so there is nothing to predict */
  point(): Point {
    if (this.#failure !== undefined)
      throw new KernelError(
        this.#failure as ErrnoCode,
        'predict',
        'a transfer failed, so there is nothing to measure.',
      );
    const skipped = this.#depth;
    const ends = this.#ends.slice(0, this.#count);
    const latencies = ends.map((end, at) => end - this.#begins[at]!).slice(skipped);
    latencies.sort((one, other) => one - other);
    return {
      size: this.#size,
      depth: this.#depth,
      bytesPerSecond: ((ends.length - skipped) * this.#size * 1e9) / (ends.at(-1)! - ends[skipped - 1]!),
      latency: latencies[latencies.length >> 1]!,
    };
  }

  #completed({ status, path, submittedAt }: TransferCompletion, next: () => void): void {
    if (status !== 'ok') this.#failure ??= status;
    this.path = path;
    this.#begins.push(submittedAt);
    this.#next.push(next);
    this.#proceed();
  }

  /** Continues after each transfer that both sides have finished. */
  #proceed(): void {
    while (this.#continued < Math.min(this.#begins.length, this.#ends.length)) {
      this.#clock.setTimer(this.#turnaround, this.#next[this.#continued]!);
      this.#continued++;
    }
  }
}

/** A host that always has transfers submitted. */
class HostTraffic {
  readonly #pipe: HostPipe;
  readonly #transfers: HostTransfer[];
  readonly #onEnd: () => void;
  #stopped = false;

  constructor(pipe: HostPipe, size: number, depth: number, onEnd: () => void) {
    this.#pipe = pipe;
    this.#onEnd = onEnd;
    const data = new Uint8Array(size);
    this.#transfers = Array.from({ length: depth }, () => new HostTransfer(data, this.#again));
  }

  start(): void {
    for (const transfer of this.#transfers) this.#pipe.submit(transfer);
  }

  stop(): void {
    this.#stopped = true;
    for (const transfer of this.#transfers) this.#pipe.cancel(transfer);
  }

  readonly #again = (transfer: HostTransfer): void => {
    if (this.#stopped || transfer.status !== 0) return;
    this.#onEnd();
    this.#pipe.submit(transfer);
  };
}
