import type { OpenFile } from '@gadgetloom/core';
import type { Attached, EndpointFile } from '@gadgetloom/functionfs';
import { describe, expect, it } from 'vitest';
import { bulk } from '../definition/endpoints.ts';
import { FunctionState } from './function-state.ts';
import { StackEndpoint } from './stack-endpoint.ts';

const unopened = (): StackEndpoint => new StackEndpoint('f.e', bulk.in(), new FunctionState(() => {}));

function endpointOf(file: Partial<EndpointFile>): StackEndpoint {
  const endpoint = unopened();
  endpoint.opened(file as EndpointFile);
  return endpoint;
}

/** A stack's endpoint over a file that keeps what is attached. */
function rig() {
  const attached: OpenFile[] = [];
  const file: Partial<EndpointFile> = {
    name: 'ep1',
    fd: 5,
    get attachments(): Attached[] {
      return attached.map((buffer) => ({ buffer, owner: undefined }));
    },
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
    endpoint.release();
    expect(attached).toEqual([]);
  });

  it('leaves buffers whose descriptor is closed to the endpoint file', () => {
    const { endpoint, attached } = rig();
    const gone = { ...buffer(), fd: 3 };
    endpoint.attach(gone);
    gone.fd = -1;
    endpoint.release();
    expect(attached).toEqual([gone]);
  });

  it('ends calls that wait, once there is a file', () => {
    unopened().interrupt();
    let interrupted = 0;
    endpointOf({ name: 'ep1', interrupt: () => void interrupted++ }).interrupt();
    expect(interrupted).toBe(1);
  });

  it('has nothing attached and nobody who uses it before there is a file', async () => {
    const endpoint = unopened();
    expect([endpoint.attachments, endpoint.use.users.size, endpoint.closing]).toEqual([[], 0, false]);
    expect(() => endpoint.attach(buffer())).toThrow('not open yet');
    await expect(endpoint.read(new Uint8Array(1))).rejects.toMatchObject({ code: 'ENODEV' });
  });
});
