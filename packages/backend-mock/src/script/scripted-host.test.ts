import { MILLISECOND, VirtualClock } from '@gadgetloom/core';
import { Board } from '@gadgetloom/simulated-board';
import { endpointDescriptor, pattern, QuietDriver, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import {
  anyOrder,
  asks,
  inOrder,
  MockController,
  reads,
  resets,
  resumes,
  ScriptedHost,
  type ScriptStep,
  suspends,
  writes,
} from '../index.ts';

const DEVICE_DESCRIPTOR = { requestType: 0x80, request: 6, value: 0x100, index: 0, length: 64 };
const SET_CONFIGURATION = { requestType: 0, request: 9, value: 1, index: 0, length: 0 };
const UPLOAD = { requestType: 0x40, request: 1, value: 0, index: 0, length: 4 };

/** A device that has an IN (0x81) and an OUT (0x02) endpoint once it is configured. */
function connected(script: ScriptStep) {
  const clock = new VirtualClock();
  const host = new ScriptedHost({ clock, script, maxSpeed: 'high' });
  const controller = new MockController(new Board({ name: 'dummy_udc.0', clock, bus: host }));
  const driver = new QuietDriver();
  const answer = new WatchedRequest(pattern(18));
  answer.zero = true;
  const upload = new WatchedRequest(new Uint8Array(4));
  const [source, sink] = controller.endpoints;
  driver.onSetup = ({ request }) => {
    if (request === 6) controller.ep0.queue(answer);
    else if (request === 1) controller.ep0.queue(upload);
    else {
      source!.enable(endpointDescriptor(0x81, 512));
      sink!.enable(endpointDescriptor(0x02, 512));
      controller.ep0.queue(new WatchedRequest(new Uint8Array()));
    }
    return 0;
  };
  controller.setSpeed('high');
  controller.start(driver, { stateChanged: () => {}, reset: () => driver.reset(), vbusChanged: () => {} });
  controller.asyncCallbacks(true);
  controller.pullup(true);
  return { clock, host, controller, driver, source: source!, sink: sink!, upload };
}

const configured = () => inOrder(resets(), asks(SET_CONFIGURATION));

describe('a scripted host', () => {
  it('plays its script to the end as the device gets ready', async () => {
    const { host, clock, source, sink, upload, driver } = connected(
      inOrder(
        resets(),
        asks(DEVICE_DESCRIPTOR, pattern(18)),
        asks(UPLOAD, Uint8Array.of(1, 2, 3, 4)),
        asks(SET_CONFIGURATION),
        suspends(),
        resumes(),
        anyOrder(writes(0x02, pattern(1000)), reads(0x81, pattern(600))),
        reads(0x81, new Uint8Array()),
      ),
    );
    await clock.advance(0);
    expect(host.outstanding).toEqual([
      'write 1000 bytes to 0x02',
      'read 600 bytes from 0x81',
      'read 0 bytes from 0x81',
    ]);
    expect(upload.buffer).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(driver.told.slice(-2)).toEqual(['suspend', 'resume']);
    source.queue(new WatchedRequest(pattern(600)));
    const received = new WatchedRequest(new Uint8Array(1024));
    sink.queue(received);
    source.queue(new WatchedRequest(new Uint8Array()));
    await host.done();
    await host.done();
    expect(received.buffer!.subarray(0, 1000)).toEqual(pattern(1000));
    expect(host.outstanding).toEqual([]);
  });

  it('expects stalls where it is told to', async () => {
    const script = inOrder(
      configured(),
      reads(0x81, { stalls: true }),
      writes(0x02, pattern(10), { stalls: true }),
      asks({ ...SET_CONFIGURATION, requestType: 2, request: 3, index: 0x05 }, { stalls: true }),
    );
    const { host, clock, source, sink } = connected(script);
    await clock.advance(0);
    source.setHalt(true);
    sink.setHalt(true);
    await host.done();
  });

  it.each<[string, ScriptStep, string]>([
    ['other bytes', reads(0x81, pattern(600, 2)), 'byte 0 is 0x11, not 0x22'],
    ['fewer bytes', reads(0x81, pattern(1024)), 'read 1024 bytes from 0x81: 600 bytes came'],
    ['more bytes than asked for', reads(0x81, pattern(10)), 'sent more than was asked for'],
    ['no endpoint', reads(0x85, pattern(10)), 'nobody answered'],
    ['no stall', reads(0x81, { stalls: true }), 'read a stall from 0x81: the device sent more'],
    ['room for less', writes(0x02, pattern(512)), 'the device took only 100 bytes'],
    ['a refusal', asks({ ...UPLOAD, requestType: 2, request: 3, index: 9 }, new Uint8Array(4)), 'the device stalled'],
    ['an answer', asks(DEVICE_DESCRIPTOR, { stalls: true }), 'the device did not stall'],
    ['another answer', asks(DEVICE_DESCRIPTOR, pattern(18, 9)), 'byte 0'],
  ])('reports %s', async (_, step, message) => {
    const { host, clock, source, sink } = connected(inOrder(configured(), step));
    await clock.advance(0);
    if (host.outstanding.length > 0) {
      source.queue(new WatchedRequest(pattern(600)));
      sink.queue(new WatchedRequest(new Uint8Array(100)));
    }
    await expect(host.done()).rejects.toThrow(message);
  });

  it('says what has not happened in time', async () => {
    const { host } = connected(inOrder(configured(), reads(0x81, pattern(8)), writes(0x02, pattern(8))));
    await expect(host.done(MILLISECOND)).rejects.toThrow(
      'Still to happen: read 8 bytes from 0x81; write 8 bytes to 0x02.',
    );
  });

  it('says when the device leaves too early, and does not mind when it leaves later', async () => {
    const early = connected(inOrder(configured(), reads(0x81, pattern(8))));
    early.controller.unplug();
    await expect(early.host.done()).rejects.toThrow('The device left');
    const late = connected(configured());
    await late.host.done();
    late.controller.unplug();
    await late.host.done();
  });
});
