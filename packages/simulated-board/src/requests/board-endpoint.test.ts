import { Errno } from '@gadgetloom/core';
import { endpointDescriptor, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { BoardEndpoint } from './board-endpoint.ts';

class TestEndpoint extends BoardEndpoint {
  constructor(control = false) {
    const capabilities = { control, isochronous: false, bulk: !control, interrupt: false, in: true, out: control };
    super({ name: control ? 'ep0' : 'ep1in', capabilities, maxPacketLimit: 512 });
  }
}

const request = () => new WatchedRequest(new Uint8Array(8));
const enabled = () => {
  const endpoint = new TestEndpoint();
  endpoint.enable(endpointDescriptor(0x81, 64));
  return endpoint;
};

describe('an endpoint', () => {
  it('takes requests while it is enabled, and fails what is queued when it is disabled', () => {
    const endpoint = new TestEndpoint();
    expect(() => endpoint.queue(request())).toThrow('ESHUTDOWN');
    endpoint.enable(endpointDescriptor(0x81, 64));
    expect(endpoint).toMatchObject({ enabled: true, address: 0x81, maxPacket: 64 });
    expect(() => endpoint.enable(endpointDescriptor(0x81, 64))).toThrow('EINVAL');
    const [first, second] = [request(), request()];
    endpoint.queue(first);
    endpoint.queue(second);
    expect(() => endpoint.queue(first)).toThrow('EINVAL');
    endpoint.finish(0);
    endpoint.disable();
    expect([first.outcomes, second.outcomes]).toEqual([['ok 0'], ['ESHUTDOWN 0']]);
    expect(() => endpoint.disable()).toThrow('EINVAL');
  });

  it('gives a request back that is cancelled, and knows no other', () => {
    const endpoint = enabled();
    const cancelled = request();
    endpoint.queue(cancelled);
    endpoint.dequeue(cancelled);
    expect(cancelled.outcomes).toEqual(['ECONNRESET 0']);
    expect(() => endpoint.dequeue(cancelled)).toThrow('EINVAL');
    endpoint.finish(-Errno.EIO);
  });

  it('halts unless the host has not read everything; the host resumes it unless it is wedged', () => {
    const endpoint = enabled();
    endpoint.queue(request());
    expect(() => endpoint.setHalt(true)).toThrow('EAGAIN');
    endpoint.finish(0);
    endpoint.setHalt(true);
    endpoint.hostSetsHalt(false);
    expect(endpoint.halted).toBe(false);
    endpoint.setWedge();
    endpoint.hostSetsHalt(false);
    expect(endpoint.halted).toBe(true);
    endpoint.setHalt(false);
    expect(endpoint).toMatchObject({ halted: false, wedged: false });
  });

  it('number 0 is always enabled', () => {
    const endpoint = new TestEndpoint(true);
    const answer = request();
    endpoint.queue(answer);
    endpoint.nuke(-Errno.EOVERFLOW);
    expect(answer.outcomes).toEqual(['EOVERFLOW 0']);
    expect(() => endpoint.enable(endpointDescriptor(0, 64))).toThrow('EINVAL');
    expect(() => endpoint.disable()).toThrow('EINVAL');
  });
});
