import {
  CLOCK,
  type Container,
  type Resolver,
  type Token,
  TRACE_SINK,
  TraceRecorder,
  VirtualClock,
} from '@gadgetloom/core';
import { USB_BUS } from '@gadgetloom/udc/bus';
import { describe, expect, it } from 'vitest';
import { ScriptedDevice } from '../../test/scripted-device.ts';
import { HOST_END } from '../host-end.ts';
import { VIRTUAL_HOST, virtualHost } from './plugin.ts';

class Pieces implements Container {
  readonly #factories = new Map<symbol, (resolver: Resolver) => unknown>();
  readonly #made = new Map<symbol, unknown>();

  register<T>(token: Token<T>, { useFactory }: { useFactory: (resolver: Resolver) => T }): void {
    this.#factories.set(token, useFactory);
  }

  resolve<T>(token: Token<T>): T {
    if (!this.#made.has(token)) this.#made.set(token, this.#factories.get(token)?.(this));
    return this.#made.get(token) as T;
  }

  isRegistered(token: Token<unknown>): boolean {
    return this.#factories.has(token);
  }
}

describe('the plugin', () => {
  it('provides one host, as the bus of controllers as well', async () => {
    const pieces = new Pieces();
    const trace = new TraceRecorder();
    pieces.register(CLOCK, { useFactory: () => new VirtualClock() });
    pieces.register(TRACE_SINK, { useFactory: () => trace });
    const plugin = virtualHost({ maxSpeed: 'full' });
    plugin.register(pieces);
    expect(plugin.provides.every((token) => pieces.isRegistered(token))).toBe(true);
    const host = pieces.resolve(VIRTUAL_HOST);
    expect(pieces.resolve(USB_BUS)).toBe(host);
    expect(pieces.resolve(HOST_END)).toBe(host);
    new ScriptedDevice().connect(host);
    expect((await host.waitForDevice()).speed).toBe('full');
    expect(trace.events.length).toBeGreaterThan(0);
  });

  it('needs no trace, and can be used everywhere', async () => {
    const pieces = new Pieces();
    pieces.register(CLOCK, { useFactory: () => new VirtualClock() });
    const plugin = virtualHost();
    plugin.register(pieces);
    expect(pieces.resolve(VIRTUAL_HOST).maxSpeed).toBe('super-plus');
    expect(await plugin.probe()).toEqual({ ok: true });
    expect(plugin.requires).toEqual([CLOCK]);
  });
});
