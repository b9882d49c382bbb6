import { KernelError } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { type ByteFile, EndpointBytes } from './endpoint-bytes.ts';
import { FunctionState } from './function-state.ts';

/** A file whose calls wait until the test ends them. Its lock behaves as that of ffs_epfile_io with O_NONBLOCK. */
class TestFile implements ByteFile {
  readonly gadgetName = 'f.e';
  readonly direction: 'in' | 'out';
  readonly descriptor = undefined;
  readonly calls: string[] = [];
  waiting: { resolve: (count: number) => void; reject: (error: unknown) => void } | undefined;
  enabled = true;
  settle: ByteFile['settle'] = async () => 0;
  /** The answers of the next calls. A call without one waits. */
  answers: (() => number)[] = [];

  constructor(direction: 'in' | 'out') {
    this.direction = direction;
  }

  read(into: Uint8Array): Promise<number> {
    return this.#call(`read ${into.length}`, this.direction === 'in');
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#call(`write ${bytes.length}`, this.direction === 'out');
  }

  interrupt(): void {
    this.#end()?.reject(new KernelError('EINTR', 'read'));
  }

  finish(count: number): void {
    this.#end()?.resolve(count);
  }

  async endpointDescriptor(): Promise<never> {
    if (!this.enabled) throw new KernelError('EAGAIN', 'FUNCTIONFS_ENDPOINT_DESC');
    return {} as never;
  }

  #end() {
    const { waiting } = this;
    this.waiting = undefined;
    return waiting;
  }

  async #call(what: string, halts: boolean): Promise<number> {
    this.calls.push(what);
    if (this.waiting !== undefined) throw new KernelError('EAGAIN', what);
    if (halts) throw new KernelError('EBADMSG', what);
    const answer = this.answers.shift();
    if (answer !== undefined) return answer();
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }
}

const CHUNK = 64 * 1024;

function rig(direction: 'in' | 'out') {
  const errors: unknown[] = [];
  const state = new FunctionState((error) => void errors.push(error));
  const file = new TestFile(direction);
  const bytes = new EndpointBytes(file, state);
  state.change(true);
  return { state, file, bytes };
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await undefined;
};
const fails = (code: 'EAGAIN' | 'EPIPE') => (): never => {
  throw new KernelError(code, 'read');
};
/** The result, the error, or `'still waiting'` after everything that could happen has happened. */
async function outcome<T>(call: Promise<T>): Promise<unknown> {
  let result: unknown = 'still waiting';
  call.then(
    (value) => {
      result = value;
    },
    (error: unknown) => {
      result = error;
    },
  );
  await turns(40);
  return result;
}

describe('bytes of an endpoint', () => {
  it('end with an abort at any moment', async () => {
    for (let moment = 0; moment < 12; moment++) {
      const { bytes } = rig('out');
      const abort = new AbortController();
      const call = bytes.receive({ signal: abort.signal });
      await turns(moment);
      abort.abort('enough');
      expect(await outcome(call), `after ${moment} turns`).toBe('enough');
    }
  });

  it('are halted at any moment', async () => {
    for (let moment = 0; moment < 12; moment++) {
      const { bytes, file } = rig('out');
      void bytes.receive();
      await turns(moment);
      expect(await outcome(bytes.halt()), `after ${moment} turns`).toBeUndefined();
      expect(file.calls).toContain('write 0');
    }
  });

  it('end with an abort while another call has its turn', async () => {
    const { bytes, file } = rig('out');
    const first = bytes.receive();
    const abort = new AbortController();
    const second = bytes.receive({ signal: abort.signal });
    await turns(10);
    abort.abort('enough');
    expect(await outcome(second)).toBe('enough');
    file.finish(3);
    expect(await outcome(first)).toHaveLength(3);
    const third = bytes.receive();
    await turns(10);
    file.finish(4);
    expect(await outcome(third)).toHaveLength(4);
  });

  it('are received although another user of the file finished before it could be waited for', async () => {
    const { bytes, file } = rig('out');
    file.answers = [fails('EAGAIN'), () => 5];
    expect(await outcome(bytes.receive())).toHaveLength(5);
  });

  it('are received although the function was enabled again while a call failed', async () => {
    for (let moment = 0; moment < 12; moment++) {
      const { bytes, file, state } = rig('out');
      file.enabled = false;
      file.answers = [fails('EAGAIN'), () => 5];
      const call = bytes.receive();
      await turns(moment);
      state.change(true);
      expect(await outcome(call), `after ${moment} turns`).toHaveLength(5);
    }
  });

  it('are received although the host has cleared a halt, which ends the transfers of a DWC3', async () => {
    const { bytes, file } = rig('out');
    file.answers = [fails('EPIPE'), () => 5];
    expect(await outcome(bytes.receive())).toHaveLength(5);
  });

  it('end with an abort while another user of the file does not finish', async () => {
    const { bytes, file } = rig('out');
    file.answers = [fails('EAGAIN')];
    file.settle = (timeout) => (timeout === 0 ? Promise.resolve(1) : new Promise(() => {}));
    const abort = new AbortController();
    const call = bytes.receive({ signal: abort.signal });
    await turns(20);
    abort.abort('enough');
    expect(await outcome(call)).toBe('enough');
  });

  it('do not go on with a message after the host has reconfigured the function', async () => {
    const { bytes, file, state } = rig('in');
    const call = bytes.send(new Uint8Array(CHUNK + 1));
    await turns(10);
    file.finish(CHUNK);
    state.change(true);
    expect(await outcome(call)).toMatchObject({ code: 'ESHUTDOWN' });
    expect(file.calls).toEqual([`write ${CHUNK}`]);
  });

  it('that came too late for their receiver are given to the next ones, in pieces of the size that they wait for', async () => {
    const { bytes, file } = rig('out');
    const abort = new AbortController();
    const call = bytes.receive({ signal: abort.signal });
    await turns(10);
    file.interrupt = () => file.finish(1500);
    abort.abort('enough');
    expect(await outcome(call)).toBe('enough');
    expect(await outcome(bytes.receive({ size: 1000 }))).toHaveLength(1024);
    expect(await outcome(bytes.receive({ size: 1000 }))).toHaveLength(476);
  });

  it.each([Number.NaN, 0, -1, Number.POSITIVE_INFINITY, 2 ** 40])('refuse a receive of %s bytes', (size) => {
    expect(() => rig('out').bytes.receive({ size })).toThrow(/size is .* from 1 to/);
  });

  it('refuse to send anything but bytes', () => {
    for (const wrong of ['text', null, 7, [1]])
      expect(() => rig('in').bytes.send(wrong as unknown as Uint8Array)).toThrow(/takes bytes \(a Uint8Array\)/);
  });
});
