import type { OutsideServices } from '../../dwc3/outside/services.ts';
import { RemoteCalls } from '../../dwc3/remote-calls.ts';
import { Terminal } from './terminal.ts';

/** Where those outside are called, if the guest's controller is plugged into a host there. */
const line = process.env['LAB_HOST'];

/** The guest's controller is plugged into a host outside of the guest. */
export const hostIsOutside: boolean = line !== undefined;

/** Calls those outside of the guest who have the other end of its controller. One program at a time. */
export function callOutside(): RemoteCalls<OutsideServices> {
  if (line === undefined) throw new Error('Nobody is outside of this guest: it is for --kernel dwc3.');
  const { stream } = new Terminal(line);
  return new RemoteCalls<OutsideServices>(stream, stream);
}
