import { existsSync, fstatSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAddon } from './index.ts';

const addon = loadAddon();
const EAGAIN = -11;
const EADDRINUSE = -98;
const ECONNREFUSED = -111;
const MOST = 253;

describe('a Unix socket', () => {
  let folder: string;
  let path: string;
  let open: number[];
  const keep = (fd: number): number => {
    expect(fd).toBeGreaterThan(2);
    open.push(fd);
    return fd;
  };
  const pair = (): [server: number, client: number] => {
    const listener = keep(addon.unixListen(path));
    const client = keep(addon.unixConnect(path));
    return [keep(addon.unixAccept(listener)), client];
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'unix-socket-'));
    path = join(folder, 'socket');
    open = [];
  });
  afterEach(() => {
    for (const fd of open) addon.close(fd);
    rmSync(folder, { recursive: true });
  });

  it('carries bytes and descriptors', () => {
    const [server, client] = pair();
    const memory = keep(addon.memfd('shared', 4096, 0));
    expect(addon.sendMessage(client, Uint8Array.of(1, 2, 3), Int32Array.of(memory, memory, -1), 2)).toBe(3);
    const bytes = new Uint8Array(2);
    const descriptors = new Int32Array(MOST + 1);
    expect(addon.receiveMessage(server, bytes, descriptors)).toBe(2);
    expect([...bytes]).toEqual([1, 2]);
    const [first, second, end] = descriptors;
    expect(end).toBe(-1);
    expect(fstatSync(keep(first!)).ino).toBe(fstatSync(memory).ino);
    expect(fstatSync(keep(second!)).ino).toBe(fstatSync(memory).ino);
    // The rest of the message comes with the next call, and without descriptors.
    expect(addon.receiveMessage(server, bytes, descriptors)).toBe(1);
    expect(descriptors[0]).toBe(-1);
  });

  it('passes on as many descriptors as one message can carry', () => {
    const [server, client] = pair();
    const memory = keep(addon.memfd('shared', 4096, 0));
    expect(addon.sendMessage(client, Uint8Array.of(1), new Int32Array(MOST).fill(memory), MOST)).toBe(1);
    const descriptors = new Int32Array(MOST + 1);
    expect(addon.receiveMessage(server, new Uint8Array(1), descriptors)).toBe(1);
    for (const fd of descriptors.subarray(0, MOST)) keep(fd);
    expect(descriptors[MOST]).toBe(-1);
  });

  it('never waits', () => {
    const [server, client] = pair();
    const none = new Int32Array(MOST + 1);
    expect(addon.receiveMessage(server, new Uint8Array(8), none)).toBe(EAGAIN);
    const block = new Uint8Array(65_536);
    let sent = 0;
    while (sent >= 0) sent = addon.sendMessage(client, block, none, 0);
    expect(sent).toBe(EAGAIN);
  });

  it('tells the end of the other side', () => {
    const [server, client] = pair();
    addon.close(open.splice(open.indexOf(client), 1)[0]!);
    const none = new Int32Array(MOST + 1);
    expect(addon.receiveMessage(server, new Uint8Array(8), none)).toBe(0);
    expect(addon.sendMessage(server, new Uint8Array(8), none, 0)).toBe(-32);
  });

  it('is there for its user alone, once', () => {
    expect(addon.unixConnect(path)).toBe(-2);
    const listener = keep(addon.unixListen(path));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(addon.unixListen(path)).toBe(EADDRINUSE);
    addon.close(open.splice(open.indexOf(listener), 1)[0]!);
    expect(existsSync(path)).toBe(true);
    expect(addon.unixConnect(path)).toBe(ECONNREFUSED);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a path that is too long', () => addon.unixListen('x'.repeat(108)), /path must be a shorter string/],
    ['a path with a zero in it', () => addon.unixConnect('\0abstract'), /path must be a string without zeros/],
    ['more descriptors than there are', () => addon.sendMessage(0, new Uint8Array(1), new Int32Array(1), 2), /fewer/],
    ['too many descriptors', () => addon.sendMessage(0, new Uint8Array(1), new Int32Array(300), 300), /in its range/],
    ['too little room', () => addon.receiveMessage(0, new Uint8Array(1), new Int32Array(MOST)), /too short/],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('an event descriptor', () => {
  it('counts until it is taken', () => {
    const fd = addon.eventfd();
    expect(addon.eventTake(fd)).toBe(EAGAIN);
    expect(addon.eventSignal(fd)).toBe(0);
    expect(addon.eventSignal(fd)).toBe(0);
    expect(addon.eventTake(fd)).toBe(2);
    expect(addon.eventTake(fd)).toBe(EAGAIN);
    addon.close(fd);
  });

  it('fails as the descriptor does that stands for it', () => {
    expect(addon.eventSignal(-1)).toBe(-9);
    const file = addon.memfd('test', 4, 0);
    expect(addon.eventTake(file)).toBe(-32);
    addon.close(file);
  });
});
