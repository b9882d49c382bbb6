import type { ScenarioHost } from '@gadgetloom/conformance';
import { callOutside, hostIsOutside } from './outside.ts';
import { UsbfsHost } from './usbfs-host.ts';

/**
 * The host of the controller that scenarios are played on: the guest's own kernel, or one outside of the guest.
 *
 * @param helper path of usbfs-host
 */
export const openScenarioHost = (helper: string): ScenarioHost & Disposable =>
  hostIsOutside ? openOutsideHost(() => {}) : new UsbfsHost(helper);

/** The host outside of the guest, which the guest's controller is plugged into. @param closed told when it is closed */
export function openOutsideHost(closed: () => void): ScenarioHost & Disposable {
  const calls = callOutside();
  const close = (): void => {
    calls[Symbol.dispose]();
    closed();
  };
  return Object.assign(Object.create(calls.service('scenario')) as ScenarioHost, { [Symbol.dispose]: close });
}
