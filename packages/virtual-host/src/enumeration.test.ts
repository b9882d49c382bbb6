import { TraceRecorder, VirtualClock } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import * as make from '../test/descriptors.ts';
import { type DeviceContent, ScriptedDevice } from '../test/scripted-device.ts';
import { VirtualHost, type VirtualHostOptions } from './virtual-host.ts';

function connected(
  content: Partial<DeviceContent> = {},
  speed: UsbSpeed = 'high',
  options: Partial<VirtualHostOptions> = {},
) {
  const trace = new TraceRecorder();
  const host = new VirtualHost({ clock: new VirtualClock(), trace, ...options });
  const device = new ScriptedDevice(content).connect(host, speed);
  return { host, device, trace };
}

const strings = ['GET string 0 255', 'GET string 2 255', 'GET string 1 255', 'GET string 3 255'];

describe('enumeration', () => {
  it('at high speed reads, resets, addresses, reads everything and configures, as Linux does', async () => {
    const { host, device } = connected();
    await host.waitForDevice();
    expect(device.log).toEqual([
      'reset',
      'GET device 64',
      'reset',
      'SET_ADDRESS 2',
      'GET device 18',
      'GET configuration 0 9',
      'GET configuration 0 32',
      ...strings,
      'SET_CONFIGURATION 1',
      'GET string 4 255',
    ]);
  });
});
