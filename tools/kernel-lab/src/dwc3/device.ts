#!/usr/bin/env node
import { Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { loseEvents } from '@gadgetloom/backend-dwc3';
import { CoreRevision, Dwc3Hardware } from '@gadgetloom/backend-dwc3/hardware';
import { SystemClock } from '@gadgetloom/core';
import { BoardFaults, FaultyBus, FaultyLine, FaultyMemory } from '@gadgetloom/simulated-board';
import { serveDevice } from '@gadgetloom/vhost-device';
import { VirtualHost } from '@gadgetloom/virtual-host/model';
import { dwc3Function } from './dwc3-function.ts';
import { outsideServices } from './outside/services.ts';
import { RegisterTraces } from './register-traces.ts';
import { answerCalls } from './remote-calls.ts';
import { SlowClock } from './slow-clock.ts';

const HELP = `device --socket PATH [--speed high|super] [--slowness N]

The DWC3 of a guest, as a process beside it, with the host that it is plugged into. The guest talks to that host over
descriptor 3. Time passes N times as slowly for both. Says "listening" to the process that started it.`;

const { values } = parseArgs({
  options: {
    socket: { type: 'string' },
    speed: { type: 'string', default: 'super' },
    slowness: { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
});
if (values.help || values.socket === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

/** The descriptor on which the guest calls. */
const LINE = 3;

const clock = new SlowClock(new SystemClock(), Number(values.slowness));
const host = new VirtualHost({
  clock,
  maxSpeed: values.speed === 'high' ? 'high' : 'super',
  webusb: { allowAllDevices: true, unrestricted: true },
});
const faults = new BoardFaults({ clock });
const traces = new RegisterTraces();

await serveDevice({
  socket: values.socket,
  create: ({ memory, interrupt }) => {
    const core = { revision: CoreRevision.DWC3_330A };
    const { engine } = faults;
    const bus = new FaultyBus(host, engine);
    const hardware = new Dwc3Hardware({
      ...{ bus, clock, core },
      memory: new FaultyMemory(memory, engine),
      interrupt: new FaultyLine(interrupt, engine, { loses: false }),
    });
    loseEvents(hardware, engine);
    return dwc3Function(traces.of(hardware), () => bus.disconnect());
  },
  onDisconnect: (error) => {
    if (error !== undefined) console.error(`device: ${error.stack}`);
  },
});
const line = new Socket({ fd: LINE, readable: true, writable: true });
answerCalls(outsideServices(host, faults, clock, traces), line, line);
process.on('disconnect', () => process.exit());
process.send?.('listening');
