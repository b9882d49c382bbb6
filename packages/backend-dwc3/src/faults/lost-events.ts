import type { FaultEngine } from '@gadgetloom/udc/faults';
import type { Dwc3Hardware } from '../hardware/dwc3-hardware.ts';

/** Lets the faults of a board drop events of a core before they enter the event ring. */
export function loseEvents({ events }: Dwc3Hardware, engine: FaultEngine): void {
  events.swallow = () => {
    const rule = engine.rules.length === 0 ? undefined : engine.find('lost event');
    if (rule !== undefined) engine.strike(rule, 'event ring');
    return rule !== undefined;
  };
}
