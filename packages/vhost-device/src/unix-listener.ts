import { lstatSync, rmSync } from 'node:fs';
import { errnoCode, InputError, KernelError } from '@gadgetloom/core';
import type { Addon } from '@gadgetloom/linux-native';
import { closeDescriptors } from './descriptors.ts';

const EADDRINUSE = -98;
const ECONNREFUSED = -111;
/** Longest path in struct sockaddr_un in bytes, without the zero at its end. */
const LONGEST_PATH = 107;

/**
 * Listens at a path. It replaces a stale socket.
 *
 * @returns the descriptor
 * @throws InputError the path is empty, too long or contains a zero byte
 * @throws KernelError as bind(2)
 */
export function listenAt(addon: Addon, path: string): number {
  const bytes = new TextEncoder().encode(path).length;
  if (bytes === 0 || bytes > LONGEST_PATH || path.includes('\0'))
    throw new InputError(
      `The socket path "${path}" has ${bytes} bytes. Use 1 to ${LONGEST_PATH} bytes without a zero byte.`,
      {
        field: 'socket',
      },
    );
  let descriptor = addon.unixListen(path);
  if (descriptor === EADDRINUSE && isLeftOver(addon, path)) {
    rmSync(path);
    descriptor = addon.unixListen(path);
  }
  if (descriptor >= 0) return descriptor;
  const advice = descriptor === EADDRINUSE ? 'the path is in use. Choose another path.' : undefined;
  throw new KernelError(errnoCode(-descriptor), `bind ${path}`, advice);
}

/** Whether there is a socket that nobody listens on. */
function isLeftOver(addon: Addon, path: string): boolean {
  if (!lstatSync(path).isSocket()) return false;
  const connected = addon.unixConnect(path);
  if (connected >= 0) closeDescriptors(connected);
  return connected === ECONNREFUSED;
}
