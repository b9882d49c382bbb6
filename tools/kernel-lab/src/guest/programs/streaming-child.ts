#!/usr/bin/env node
import { EndlessStream, type Way } from '../shared/endless-stream.ts';
import { guestProgram } from '../shared/guest-suite.ts';
import { openSampleStack } from '../shared/sample-gadget.ts';

const { values } = guestProgram({
  help: `streaming-child [--way in|out] [--depth N] [--end exit|exception|rejection]

Streams without end, and says so once it does; a line on standard input makes it end in the way that was asked for. Other
suites start it, to kill it.`,
  options: { way: 'in', depth: 4, end: 'exit' },
});

const LENGTH = 16 * 1024;

const ENDS: Readonly<Record<string, () => void>> = {
  exit: () => process.exit(3),
  exception: () =>
    setImmediate(() => {
      throw new Error('an exception in mid-stream');
    }),
  rejection: () => void Promise.reject(new Error('a rejection in mid-stream')),
};

const depth = values.depth;
const stack = await openSampleStack();
await stack.enabled();
const stream = new EndlessStream(stack, values.way as Way, stack.allocate({ count: depth + 2, size: LENGTH }), {
  depth,
  length: LENGTH,
});
process.stdin.once('data', ENDS[values.end]!);
console.log('enabled');
await stream.more(depth);
console.log('streaming');
