import type { ScenarioHost } from '@gadgetloom/conformance';
import { callOutside, hostIsOutside } from './outside.ts';
import { UsbfsHost } from './usbfs-host.ts';

/**
 * The host of the controller that scenarios are played on: the guest's own kernel, or one outside of the guest.
 *
 * @param helper path of usbfs-host
 */
export function openScenarioHost(helper: string): ScenarioHost & Disposable {
  if (!hostIsOutside) return new UsbfsHost(helper);
  const calls = callOutside();
  const host: ScenarioHost = calls.service('scenario');
  return Object.assign(Object.create(host) as ScenarioHost, { [Symbol.dispose]: () => calls[Symbol.dispose]() });
}
