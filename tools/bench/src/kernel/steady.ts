#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { openDevice, sideOf } from './device.ts';
import { openFlow, WAYS, type Way } from './duel.ts';

const HELP = `steady [--way ${WAYS.join('|')}] [--direction in|out] [--size BYTES] [--depth N] [--transfers N]

Does so many transfers, and nothing else: to be watched by strace, perf or a profiler. Start usbfs-pump before: it waits
for the device.`;

const { values } = parseArgs({
  options: {
    way: { type: 'string', default: 'streams' },
    direction: { type: 'string', default: 'in' },
    size: { type: 'string', default: '65536' },
    depth: { type: 'string', default: '4' },
    transfers: { type: 'string', default: '1000' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit();
}

const direction = values.direction === 'in' ? 'in' : 'out';
const [size, depth, transfers] = [Number(values.size), Number(values.depth), Number(values.transfers)];
await using stack = await openDevice();
await stack.enabled();
const flow = openFlow(values.way as Way, direction, await sideOf(stack, direction, size, depth), size);
await flow.run(transfers);
await flow.close();
