import type { GadgetDefinition, Stack, StackEndpoint } from '@gadgetloom/gadget';
import { describe, expect, it } from 'vitest';
import { awaitPeer } from './peer.ts';

/** A stack whose host is another machine. */
function cable() {
  let enable = (): void => {};
  const enabled = new Promise<void>((resolve) => {
    enable = resolve;
  });
  const listeners = new Set<(event: { type: string }) => void>();
  const stack = {
    hostElsewhere: 'it is far away',
    gadget: { vendorId: 0x1d6b, productId: '0x0104' },
    controller: { name: 'fe800000.usb', speed: 'high' },
    enabled: () => enabled,
    onEvent(listener: (event: { type: string }) => void) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
  const source = { gadgetName: 'stream.samples', endpointDescriptor: async () => ({ maxPacketSize: 512 }) };
  const sink = { gadgetName: 'stream.commands' };
  const told: string[] = [];
  const stopping = new AbortController();
  const parts = { stack, source, sink } as unknown as {
    stack: Stack<GadgetDefinition>;
    source: StackEndpoint;
    sink: StackEndpoint;
  };
  const peer = awaitPeer(parts, (text) => told.push(text), stopping.signal);
  return { enable, listeners, told, stopping, peer };
}

describe('a host that is another machine', () => {
  it('is waited for, saying what it has to do', async () => {
    const { enable, told, peer } = cable();
    expect(told).toEqual([
      'waiting for a host: plug the device port of fe800000.usb into a computer. There, a program has to open the device 1d6b:0104, and to send back through stream.commands (bulk OUT) whatever it reads from stream.samples (bulk IN). Ctrl-C ends this.',
    ]);
    enable();
    expect(await peer).toMatchObject({ packetSize: 512, speed: 'high', here: false });
    expect(told[1]).toBe('a host configured the gadget, at high speed');
  });

  it('may go and come back', async () => {
    const { enable, listeners, told, peer } = cable();
    enable();
    const found = await peer;
    for (const type of ['SUSPEND', 'DISABLE', 'ENABLE']) for (const listener of listeners) listener({ type });
    expect(told.slice(2)).toEqual([
      'the host is gone; waiting for it to come back',
      'a host configured the gadget again',
    ]);
    found?.stop();
    expect(listeners.size).toBe(0);
  });

  it('is not waited for any longer than one is asked to', async () => {
    const { stopping, peer } = cable();
    stopping.abort();
    expect(await peer).toBeUndefined();
  });
});
