import type { WalkState } from './walk-state.ts';

/** A kind of step, how often it is taken, and when it can be. */
export interface WalkStep {
  readonly weight: number;
  readonly possible?: (state: WalkState) => boolean;
  readonly take: (state: WalkState) => void;
  /** What comes of it depends on the controller, not on the kernel above it. */
  readonly controller?: true;
}

const ENDPOINTS = ['ep1', 'ep2', 'ep3', 'ep4'];
const IN = ['ep1', 'ep3'];
const OUT = ['ep2', 'ep4'];
/** Bytes of transfers of the gadget, and of the host: around packets, pages and buffers, and wrong ones. */
const LENGTHS = [1, 100, 511, 512, 513, 1000, 1024, 4096, 4096, 4096, 8192, 8191, 65536, 0, 131072];
const HOST_LENGTHS = [0, 1, 100, 512, 512, 1024, 1500, 4096, 4096, 4096, 8192, 65536, 3000];
/** Of writes that no controller can take into its FIFO before the host reads: dummy_hcd completes shorter ones at once. */
const WRITE_LENGTHS = HOST_LENGTHS.filter((length) => length > 64);
/** Of reads that end with a packet: what becomes of a packet that does not fit is the controller's business. */
const WHOLE_PACKETS = HOST_LENGTHS.filter((length) => length > 0 && length % 512 === 0);
const WAYS = ['r', 'w', 'rw'];
/** Milliseconds that the host tries, and that changes of the configuration get. */
const HOST_PATIENCE = 150;
const SETTLE = 30;
/** Milliseconds of a host that waits in the background: longer than a walk lasts on a busy machine, where time is real. */
const HOST_ENDURANCE = 30_000;

const bound = ({ bound: is }: WalkState): boolean => is;
const withFences = ({ fences }: WalkState): boolean => fences.length > 0;
const canStart = ({ bound: is, running }: WalkState): boolean => is && running.length < 6;

/** Everything that a walk does, legal or not, in every state that it gets into. */
export const WALK_STEPS: readonly WalkStep[] = [
  {
    weight: 22,
    possible: bound,
    take: (state) =>
      state.do(`xfer ${state.queued(state.pick(ENDPOINTS))} ${state.anyBuffer()} ${state.pick(LENGTHS)}`),
  },
  {
    weight: 1,
    possible: bound,
    take: (state) => state.do(`xfer ${state.queued(state.pick(ENDPOINTS))} ${state.anyBuffer()} 512 1`),
  },
  { weight: 10, take: (state) => state.do(`attach ${state.pick(ENDPOINTS)} ${state.anyBuffer()}`) },
  { weight: 3, possible: bound, take: (state) => detach(state, state.pick(ENDPOINTS)), controller: true },
  {
    weight: 3,
    possible: (state) => state.bound && calm(state).length > 0,
    take: (state) => detach(state, state.pick(calm(state))),
  },
  {
    weight: 4,
    possible: bound,
    take: (state) => {
      state.do(`hostin ${state.pick(IN)} ${state.pick(WHOLE_PACKETS)} ${HOST_PATIENCE}`);
      state.do('sleep 20');
    },
  },
  {
    weight: 2,
    possible: bound,
    controller: true,
    take: (state) => {
      state.do(`hostin ${state.pick(IN)} ${state.pick(HOST_LENGTHS)} ${HOST_PATIENCE}`);
      state.do('sleep 20');
    },
  },
  {
    weight: 6,
    possible: bound,
    controller: true,
    take: (state) => {
      state.do(`hostout ${state.pick(OUT)} ${state.pick(HOST_LENGTHS)} ${HOST_PATIENCE} ${state.below(100)}`);
      state.do('sleep 20');
    },
  },
  {
    weight: 6,
    take: (state) => {
      const file = state.pick([...state.buffers, ...state.fences]);
      state.do(`poll ${file} ${state.pick(['in', 'out', 'in,out'])} ${state.pick([0, 0, 20])}`);
    },
  },
  {
    weight: 6,
    take: (state) => {
      const buffer = state.anyBuffer();
      state.do(`export ${state.newFence()} ${buffer} ${state.pick(WAYS)}`);
    },
  },
  { weight: 4, possible: withFences, take: (state) => state.do(`fence ${state.pick(state.fences)}`) },
  {
    weight: 4,
    possible: ({ fences }) => fences.length > 1,
    take: (state) => {
      const [first, second] = [state.pick(state.fences), state.pick(state.fences)];
      const merged = state.newFence();
      state.do(`merge ${merged} ${first} ${second}`);
      state.do(`fence ${merged}`);
    },
  },
  {
    weight: 4,
    possible: withFences,
    take: (state) => state.do(`import ${state.pick(state.buffers)} ${state.pick(state.fences)} ${state.pick(WAYS)}`),
  },
  { weight: 2.5, take: (state) => state.do('events') },
  {
    weight: 2.5,
    possible: bound,
    controller: true,
    take: (state) => state.do(`${state.pick(['hosthalt', 'hostclear', 'hostclear'])} ${state.pick(ENDPOINTS)}`),
  },
  { weight: 2, possible: bound, take: (state) => configure(state, `hostsetcfg ${state.pick([0, 1, 1])}`) },
  { weight: 1, possible: bound, take: (state) => configure(state, 'hostreset') },
  { weight: 1, possible: bound, take: (state) => configure(state, 'hostsetif 0') },
  { weight: 0.5, possible: bound, take: (state) => configure(state, 'disconnect') },
  {
    weight: 1.5,
    take: (state) => {
      if (state.bound) configure(state, 'unbind');
      else state.do('bind');
      state.bound = !state.bound;
    },
  },
  { weight: 1, possible: ({ bound: is }) => !is, take: bind },
  {
    weight: 1,
    possible: (state) => unread(state).length > 0,
    controller: true,
    take: (state) => reopen(state, state.pick(unread(state))),
  },
  {
    weight: 1,
    possible: (state) => unread(state).some((endpoint) => !state.crowded(endpoint)),
    take: (state) => reopen(state, state.pick(unread(state).filter((endpoint) => !state.crowded(endpoint)))),
  },
  { weight: 1, take: (state) => state.do(`openep ${state.pick(ENDPOINTS)} nonblock`) },
  { weight: 1, take: (state) => state.do(`crc ${state.pick(state.buffers)}`) },
  {
    weight: 1,
    take: (state) => state.do(`epioctl ${state.pick(ENDPOINTS)} ${state.pick(['revmap', 'bogus'])}`),
  },
  {
    weight: 0.5,
    controller: true,
    take: (state) =>
      state.do(`epioctl ${state.pick(ENDPOINTS)} ${state.pick(['desc', 'fifo_status', 'fifo_flush', 'clear_halt'])}`),
  },
  {
    weight: 1,
    possible: canStart,
    take: (state) => state.start(`epread ${state.busy(state.pick(OUT))} ${state.pick(HOST_LENGTHS)}`),
  },
  {
    weight: 0.5,
    possible: canStart,
    controller: true,
    take: (state) => state.start(`epread ${state.busy(state.pick(ENDPOINTS))} ${state.pick(HOST_LENGTHS)}`),
  },
  {
    weight: 1,
    possible: canStart,
    take: (state) =>
      state.start(`epwrite ${state.busy(state.pick(IN))} ${state.pick(WRITE_LENGTHS)} ${state.below(100)}`),
  },
  {
    weight: 0.5,
    possible: canStart,
    controller: true,
    take: (state) =>
      state.start(`epwrite ${state.busy(state.pick(ENDPOINTS))} ${state.pick(HOST_LENGTHS)} ${state.below(100)}`),
  },
  {
    weight: 0.5,
    possible: canStart,
    take: (state) => state.start(`hostin ${state.pick(IN)} ${state.pick(WHOLE_PACKETS)} ${HOST_ENDURANCE}`),
  },
  {
    weight: 0.5,
    possible: canStart,
    controller: true,
    take: (state) => state.start(`hostin ${state.pick(IN)} ${state.pick(HOST_LENGTHS)} ${HOST_ENDURANCE}`),
  },
  {
    weight: 0.5,
    possible: canStart,
    controller: true,
    take: (state) =>
      state.start(`hostout ${state.pick(OUT)} ${state.pick(HOST_LENGTHS)} ${HOST_ENDURANCE} ${state.below(100)}`),
  },
  { weight: 2, take: (state) => state.do(`mmaplen ${state.anyBuffer()} 4096 0`) },
  { weight: 1, take: (state) => state.do(`sync ${state.anyBuffer()} ${state.pick([0, 3, 4, 7, 8])}`) },
  {
    weight: 1,
    possible: withFences,
    take: (state) => state.do(`closefd ${state.fences.splice(state.below(state.fences.length), 1)[0]}`),
  },
];

/** Endpoints with at most one request: which others a cancellation takes along is the controller's business. */
function calm(state: WalkState): readonly string[] {
  return ENDPOINTS.filter((endpoint) => !state.crowded(endpoint));
}

/** Endpoints that nobody reads or writes. */
function unread(state: WalkState): readonly string[] {
  return ENDPOINTS.filter((endpoint) => !state.isBusy(endpoint));
}

function detach(state: WalkState, endpoint: string): void {
  state.do(`detach ${endpoint} ${state.anyBuffer()}`);
}

function reopen(state: WalkState, endpoint: string): void {
  state.do(`closeep ${endpoint}`);
  state.do(`openep ${endpoint} nonblock`);
}

/** Every request is over afterwards. */
function configure(state: WalkState, operation: string): void {
  state.emptied();
  state.do(operation);
  state.do(`sleep ${SETTLE}`);
}

export function bind(state: WalkState): void {
  state.do('bind');
  state.bound = true;
}
