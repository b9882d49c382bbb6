export { type Clock, MICROSECOND, MILLISECOND, SECOND, sleep, type Timer } from './clock.ts';
export { type CopyBytes, copyBytes } from './copy-bytes.ts';
export { Errno, type ErrnoCode, errnoCode, errnoMeaning } from './errno.ts';
export { InputError, isInputError, type SourceLocation } from './input-error.ts';
export { isKernelError, KernelError } from './kernel-error.ts';
export { nearest, suggestion } from './nearest.ts';
export { type OpenFile, POLLERR, POLLHUP, POLLIN, POLLOUT } from './open-file.ts';
export {
  CLOCK,
  type Container,
  type Finding,
  type Plugin,
  type ProbeResult,
  type Resolver,
  TRACE_SINK,
} from './plugin.ts';
export { type OptionCheck, option, readOptions } from './plugin-options.ts';
export { seededRandom } from './random.ts';
export { ResourceScope } from './resource-scope.ts';
export { SystemClock } from './system-clock.ts';
export { type Token, token, tokenName } from './token.ts';
export { type TraceEvent, TraceRecorder, type TraceSink } from './trace.ts';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.ts';
