import type { OpenFile } from '@gadgetloom/core';
import type { EndpointFile } from '@gadgetloom/functionfs';
import { describe, expect, it } from 'vitest';
import { bulk } from '../definition/endpoints.ts';
import { FunctionState } from './function-state.ts';
import { StackEndpoint } from './stack-endpoint.ts';

function endpointOf(file: Partial<EndpointFile>): StackEndpoint {
  const endpoint = new StackEndpoint('f.e', bulk.in(), new FunctionState(() => {}));
  endpoint.opened(file as EndpointFile);
  return endpoint;
}

/** A stack's endpoint over a file that keeps what is attached. */
function rig() {
  const attached: OpenFile[] = [];
  const file: Partial<EndpointFile> = {
    name: 'ep1',
    fd: 5,
    attach: (buffer) => void attached.push(buffer),
    detach: (buffer) => void attached.splice(attached.indexOf(buffer), 1),
  };
  return { endpoint: endpointOf(file), attached };
}

const buffer = (fd = 3): OpenFile => ({ fd, close: () => {}, [Symbol.dispose]: () => {} });

describe('an endpoint of a stack', () => {
  it('detaches each buffer as often as it is attached', () => {
    const { endpoint, attached } = rig();
    const [one, two] = [buffer(), buffer()];
    for (const memory of [one, two, one, one]) endpoint.attach(memory);
    endpoint.detach(one);
    endpoint.release(two);
    expect(attached).toEqual([one, one]);
    endpoint.releaseAll();
    expect(attached).toEqual([]);
  });

  it('leaves buffers whose descriptor is closed to the endpoint file', () => {
    const { endpoint, attached } = rig();
    const gone = { ...buffer(), fd: 3 };
    endpoint.attach(gone);
    gone.fd = -1;
    endpoint.releaseAll();
    expect(attached).toEqual([gone]);
  });

  it('can end calls that wait only where the file can', () => {
    rig().endpoint.interrupt();
    let interrupted = 0;
    endpointOf({ name: 'ep1', interrupt: () => void interrupted++ }).interrupt();
    expect(interrupted).toBe(1);
  });
});
