import { TraceRecorder, VirtualClock } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import type { HostDevice } from '../src/model/host-device.ts';
import { VirtualHost, type VirtualHostOptions } from '../src/model/virtual-host.ts';
import { type DeviceContent, ScriptedDevice } from './scripted-device.ts';

export interface Rig {
  readonly clock: VirtualClock;
  readonly trace: TraceRecorder;
  readonly host: VirtualHost;
  readonly device: ScriptedDevice;
}

export interface RigOptions extends Partial<VirtualHostOptions> {
  readonly speed?: UsbSpeed;
  readonly content?: Partial<DeviceContent>;
}

/** A host with a scripted device that has just connected. */
export function connected({ speed = 'high', content = {}, ...options }: RigOptions = {}): Rig {
  const clock = new VirtualClock();
  const trace = new TraceRecorder();
  const host = new VirtualHost({ clock, trace, ...options });
  const device = new ScriptedDevice(content).connect(host, speed);
  return { clock, trace, host, device };
}

/** The same, once the host is done with it; the device's log starts empty. */
export async function enumerated(options: RigOptions = {}): Promise<Rig & { readonly there: HostDevice }> {
  const rig = connected(options);
  const there = await rig.host.waitForDevice();
  rig.device.log.length = 0;
  return { ...rig, there };
}

/** What was traced under a name, as the values of one detail. */
export function traced({ trace }: Rig, what: string, detail: string): unknown[] {
  return trace.events.filter((event) => event.what === what).map(({ details }) => details?.[detail]);
}

/** Lets everything happen that needs no time to pass. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await undefined;
}
