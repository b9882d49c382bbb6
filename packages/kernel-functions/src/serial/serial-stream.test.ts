import { Duplex, PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serialHost, serialStack } from '../../test/serial-stack.ts';
import { type SerialStream, serialStream } from './serial-stream.ts';

async function rig() {
  const made = await serialStack('mock');
  const stream = serialStream(made.ports, made.address);
  onTestFinished(() => void stream.destroy());
  return { ...made, stream, host: await serialHost(made) };
}

const next = (stream: SerialStream): Promise<Uint8Array> =>
  new Promise((resolve) => {
    stream.once('data', resolve);
  });

describe('a serial stream', () => {
  it('is a Duplex of Node', async () => {
    const { stream, host } = await rig();
    const node: NodeJS.ReadWriteStream = stream;
    expect(node).toBeInstanceOf(Duplex);
    stream.write('to the host');
    expect(await host.text()).toBe('to the host');
    const arrived = next(stream);
    await host.send('from the host');
    expect(String(await arrived)).toBe('from the host');
    expect((await stream.port).path).toBe('/dev/ttyGS0');
  });

  it('can be piped, and iterated over', async () => {
    const { stream, host, stack } = await rig();
    const piped = stream.pipe(new PassThrough());
    await host.send('one');
    expect(String((await piped[Symbol.asyncIterator]().next()).value)).toBe('one');
    stream.unpipe(piped);
    const echoing = (async () => {
      for await (const chunk of stream) stream.write(chunk);
    })();
    await host.send('echo');
    expect(await host.text()).toBe('echo');
    await stack.close();
    await echoing;
  });

  it('stays open when the host configures the device again', async () => {
    const { stream, host } = await rig();
    let ended = false;
    stream.on('end', () => {
      ended = true;
    });
    const arrived = next(stream);
    await host.device.selectConfiguration(1);
    for (const one of [0, 1]) await host.device.claimInterface(one);
    await host.send('again');
    expect([String(await arrived), ended]).toEqual(['again', false]);
  });

  it('ends when the stack is closed, and closes its port when it is destroyed', async () => {
    const { stream, stack } = await rig();
    const ended = new Promise<void>((resolve) => {
      stream.on('end', resolve);
    });
    stream.resume();
    await stack.close();
    await ended;
    const other = await rig();
    await other.stream.port;
    const closed = new Promise<void>((resolve) => {
      other.stream.on('close', resolve);
    });
    other.stream.destroy();
    await closed;
    expect(await (await other.stream.port).read()).toBeUndefined();
  });

  it('ends writing once the host has taken everything', async () => {
    const { stream, host } = await rig();
    const source = new PassThrough();
    source.end('the end');
    const written = pipeline(source, stream, { end: true });
    expect(await host.text()).toBe('the end');
    stream.destroy();
    await written.catch(() => {});
  });

  it('reports a port that does not exist', async () => {
    const { ports } = await rig();
    const stream = serialStream(ports, { gadget: 'g1', type: 'acm', instance: 'none' });
    const failure = await new Promise((resolve) => {
      stream.on('error', resolve);
    });
    expect(failure).toMatchObject({ code: 'ENOENT' });
    await expect(stream.port).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
