import { LINUX_KERNEL } from '@gadgetloom/backend-linux';
import { SCENARIO_HOST } from '@gadgetloom/conformance';
import type { Plugin } from '@gadgetloom/core';
import { provide } from '@gadgetloom/gadget';
import { openOutsideHost } from './scenario-host.ts';

/** What a line on standard error begins with that has, as JSON, the guards that a scenario met. */
export const GUARDS_MET = 'guards met: ';

/** For `gadgetloom play --backend linux --plugin`: the host of the guest's controller, which is outside of the guest. */
const outsideHost: Plugin = provide(SCENARIO_HOST, (pieces) => {
  const { guards } = pieces.resolve(LINUX_KERNEL);
  return openOutsideHost(() => console.error(`${GUARDS_MET}${JSON.stringify(guards.counts())}`));
});
export default outsideHost;
