#!/usr/bin/env node
import { guestProgram, NEEDED } from '../shared/guest-suite.ts';
import { openSampleStack } from '../shared/sample-gadget.ts';
import { expectAllOk, receiveFromHost, sendToHost } from '../shared/traffic.ts';
import { UsbfsHost } from '../shared/usbfs-host.ts';

const { values } = guestProgram({
  help: `user-stream --helper PROGRAM [--wait]

Streams through the sample gadget in both directions, as whoever starts it; the suite "setup" does, as a user without root.`,
  options: { helper: NEEDED, wait: false },
});

const SIZES = [1, 512, 4096, 65_536, 65_535, 16_384];

using host = new UsbfsHost(values.helper);
await using stack = await openSampleStack();
await host.configured();
await stack.enabled();
const buffers = stack.allocate({ count: 4, size: 65_536 });
for (const move of [sendToHost, receiveFromHost])
  expectAllOk(await move(stack, host, { sizes: SIZES, seed: 7, buffers, depth: 3 }), SIZES.length);
console.log(`streamed as ${process.getuid?.()} on ${stack.controller.name}`);
// Somebody wants to end it by force.
if (values.wait) await new Promise(() => setInterval(() => {}, 1000));
