import { type BoardFaults, FAULT_BOARD, FaultyBus, FaultyMemory } from '@gadgetloom/udc/faults';
import { Dwc3Hardware, type Dwc3HardwareOptions } from '../hardware/dwc3-hardware.ts';
import { LateInterrupt } from './late-interrupt.ts';

/**
 * A core whose surroundings go wrong when they are asked to: cable, memory, interrupt line and event ring. Neither the
 * core nor its driver knows.
 */
export function faultyHardware(options: Dwc3HardwareOptions, faults: BoardFaults): Dwc3Hardware {
  const board = faults[FAULT_BOARD];
  const hardware: Dwc3Hardware = new Dwc3Hardware({
    ...options,
    memory: new FaultyMemory(options.memory, board),
    interrupt: new LateInterrupt(options.interrupt, board),
    bus: new FaultyBus(options.bus, board, (address) => hardware.packetSize(address)),
  });
  hardware.events.swallow = () => {
    const rule = board.rules.length === 0 ? undefined : board.find('lost event');
    if (rule !== undefined) board.strike(rule, 'event ring');
    return rule !== undefined;
  };
  return hardware;
}
