import { Errno } from '@gadgetloom/core';
import { type EndpointLimits, UsbRequest } from '@gadgetloom/udc';
import { endpointDescriptor, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { DriverEndpoint } from './driver-endpoint.ts';
import { controlEndpoint, dataEndpoint } from './endpoint-limits.ts';
import { RequestQueue } from './request-queue.ts';

/** An endpoint with two lists, which cancels in two steps. */
class TwoLists extends DriverEndpoint {
  readonly waiting = new RequestQueue();
  readonly ending = new RequestQueue();
  broken = false;

  end(): void {
    for (let request = this.ending.shift(); request !== undefined; request = this.ending.shift())
      this.giveBack(request, -Errno.ECONNRESET);
  }

  protected override start(): void {
    if (this.broken) throw this.error('EIO', 'enable', 'The hardware does not answer.');
  }

  protected override stop(): void {
    this.end();
    for (let request = this.waiting.shift(); request !== undefined; request = this.waiting.shift())
      this.giveBack(request, -Errno.ESHUTDOWN);
  }

  protected override take(request: UsbRequest): void {
    this.waiting.push(request);
  }

  protected override cancel(request: UsbRequest): boolean {
    const found = this.waiting.remove(request);
    if (found) this.ending.push(request);
    return found;
  }

  protected override halt(halted: boolean, wedged: boolean): void {
    this.halted = halted;
    this.wedged = wedged;
  }
}

const limits: EndpointLimits = dataEndpoint('ep1in', 512, { in: true, out: false });
const request = () => new WatchedRequest(new Uint8Array(8));

describe('an endpoint with lists of its own', () => {
  it('may complete a cancelled request later', () => {
    const endpoint = new TwoLists(limits);
    endpoint.enable(endpointDescriptor(0x81, 64));
    const [first, second] = [request(), request()];
    endpoint.queue(first);
    endpoint.queue(second);
    endpoint.dequeue(first);
    expect(first.outcomes).toEqual([]);
    expect(() => endpoint.dequeue(new UsbRequest())).toThrow('EINVAL');
    endpoint.end();
    endpoint.disable();
    expect([first.outcomes, second.outcomes]).toEqual([['ECONNRESET 0'], ['ESHUTDOWN 0']]);
    expect(endpoint.descriptor).toBeUndefined();
  });

  it('keeps the status of a request that has failed before it is given back', () => {
    const endpoint = new TwoLists(limits);
    endpoint.enable(endpointDescriptor(0x81, 64));
    const overrun = request();
    endpoint.queue(overrun);
    overrun.status = -Errno.EOVERFLOW;
    endpoint.disable();
    expect(overrun.outcomes).toEqual(['EOVERFLOW 0']);
  });

  it('is disabled again if its hardware does not start', () => {
    const endpoint = new TwoLists(limits);
    endpoint.broken = true;
    expect(() => endpoint.enable(endpointDescriptor(0x81, 64))).toThrow('EIO');
    expect(endpoint.enabled).toBe(false);
    endpoint.broken = false;
    endpoint.enable(endpointDescriptor(0x81, 64));
    endpoint.setWedge();
    expect(endpoint).toMatchObject({ enabled: true, halted: true, wedged: true });
  });

  it('number 0 serves both directions', () => {
    const endpoint = new TwoLists(controlEndpoint('ep0', 64));
    expect(endpoint.capabilities).toMatchObject({ control: true, bulk: false, in: true, out: true });
    endpoint.queue(request());
    expect(() => endpoint.disable()).toThrow('Endpoint 0 is always enabled');
  });
});
