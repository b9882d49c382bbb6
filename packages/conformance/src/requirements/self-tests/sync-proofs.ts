import { POLLIN, SECOND, seededRandom } from '@gadgetloom/core';
import { DMA_BUF_SYNC_RW, type DmaBuf, type SyncFile } from '@gadgetloom/dmabuf';
import { ScenarioSession } from '../../scenario/session.ts';
import type { ScenarioStack } from '../../scenario/target.ts';

const LENGTH = 512;
/** How long what has to happen may take, on a busy machine and in real time. */
const PATIENCE = 10 * SECOND;
const ALL_FENCES = DMA_BUF_SYNC_RW;

/** A gadget that the host has configured. */
async function opened(stack: ScenarioStack): Promise<ScenarioSession> {
  const session = await ScenarioSession.open(stack);
  await session.gadget.bind();
  await stack.host.configured();
  return session;
}

/** A buffer that is attached to an endpoint, and what its transfers give. */
class Lane {
  readonly #session: ScenarioSession;
  readonly #name: string;
  readonly #buffer: DmaBuf;
  readonly #in: boolean;

  constructor(session: ScenarioSession, name: string) {
    this.#session = session;
    this.#name = name;
    this.#buffer = session.stack.exporter.allocate({ size: LENGTH });
    this.#in = session.endpoint(name).direction === 'in';
    session.keep(`${name} ${this.#buffer.fd}`, this.#buffer);
    session.endpoint(name).attach(this.#buffer);
  }

  /** Queues a transfer. Gives its fence as a sync file: close it. */
  async start(): Promise<SyncFile> {
    await this.#session.endpoint(this.#name).transferBlocking(this.#buffer, LENGTH);
    return this.#buffer.exportSyncFile(ALL_FENCES);
  }

  /** The host moves the data of the transfer that is queued longest. */
  async finish(): Promise<void> {
    const { host } = this.#session.stack;
    const index = this.#session.endpointIndex(this.#name);
    if (this.#in) await host.bulkIn(index, LENGTH, PATIENCE);
    else await host.bulkOut(index, new Uint8Array(LENGTH), PATIENCE);
  }
}

/** @throws Error it does not signal in time, or with an error */
async function signaled(file: SyncFile): Promise<void> {
  if ((await file.ready(PATIENCE)) !== POLLIN) throw new Error('A sync file did not signal.');
  const { status } = file.info();
  if (status !== 1) throw new Error(`A sync file has the status ${status}.`);
}

/** Two workers on one endpoint, each with a buffer of its own: a fence is the sign that it is one's turn. */
export async function sharedTimelineStress(stack: ScenarioStack): Promise<void> {
  const rounds = 32;
  await using session = await opened(stack);
  const lanes = [new Lane(session, 'ep2'), new Lane(session, 'ep2')];
  let counter = 0;
  const first = await lanes[0]!.start();
  const second = await lanes[1]!.start();
  const worker = async (id: number, begun: SyncFile): Promise<void> => {
    const lane = lanes[id]!;
    let mine = begun;
    for (let round = 0; round < rounds; round++) {
      await signaled(mine);
      mine.close();
      if (counter !== 2 * round + id) throw new Error(`It is the turn of ${counter}, and ${2 * round + id} had it.`);
      counter++;
      // Queued behind the other's, which the host serves next.
      const last = round === rounds - 1;
      if (!last) mine = await lane.start();
      if (!last || id === 0) await lane.finish();
    }
  };
  await lanes[0]!.finish();
  await Promise.all([worker(0, first), worker(1, second)]);
  if (counter !== 2 * rounds) throw new Error(`There were ${counter} turns, and not ${2 * rounds}.`);
}

/** An endpoint each for several producers, and one consumer for all of them. */
export async function consumerStress(stack: ScenarioStack): Promise<void> {
  const rounds = 16;
  await using session = await opened(stack);
  const lanes = ['ep1', 'ep2', 'ep3', 'ep4'].map((name) => new Lane(session, name));
  for (let round = 1; round <= rounds; round++) {
    let produced = 0;
    const files = await Promise.all(lanes.map((lane) => lane.start()));
    const merged = files.reduce((one, other) => {
      const both = stack.fences.merge('round', one, other);
      one.close();
      other.close();
      return both;
    });
    const consumed = signaled(merged).then(() => {
      if (produced !== lanes.length)
        throw new Error(
          `In round ${round} ${produced} of ${lanes.length} had produced when the merged fence signaled.`,
        );
    });
    // If the host fails, that is what counts.
    consumed.catch(() => {});
    for (const lane of lanes) {
      produced++;
      await lane.finish();
    }
    await consumed;
    merged.close();
  }
}

/** Merges sync files of four endpoints at random. */
export async function mergeStress(stack: ScenarioStack): Promise<void> {
  const merges = 200;
  await using session = await opened(stack);
  const random = seededRandom(merges);
  const lanes = ['ep1', 'ep2', 'ep3', 'ep4', 'ep2', 'ep4'].map((name) => new Lane(session, name));
  const files: SyncFile[] = [];
  for (const lane of lanes) files.push(await lane.start());
  let merged = files[0]!.dup();
  const members = new Set([0]);
  for (let count = 0; count < merges; count++) {
    const index = Math.floor(random() * lanes.length);
    members.add(index);
    const both = stack.fences.merge('stress', files[index]!, merged);
    merged.close();
    merged = both;
  }
  const { fences } = merged.info();
  if (fences.length !== members.size) throw new Error(`${fences.length} fences of ${members.size} buffers.`);
  for (const lane of lanes) {
    if ((await merged.ready(0)) !== 0) throw new Error('The merged sync file signaled before all transfers were over.');
    await lane.finish();
  }
  await signaled(merged);
  for (const file of [...files, merged]) file.close();
}

/** Waiters that come before, while and after fences signal. */
export async function signalRace(stack: ScenarioStack): Promise<void> {
  const rounds = 32;
  const waiters = 4;
  await using session = await opened(stack);
  const lane = new Lane(session, 'ep2');
  for (let round = 0; round < rounds; round++) {
    using file = await lane.start();
    const before = Array.from({ length: waiters }, () => signaled(file));
    const finished = lane.finish();
    const meanwhile = Array.from({ length: waiters }, () => signaled(file));
    await Promise.all([...before, finished, ...meanwhile]);
    await signaled(file);
  }
}
