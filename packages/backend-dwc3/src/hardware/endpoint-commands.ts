import type { Clock, TraceSink } from '@gadgetloom/core';
import { CommandStatus, EndpointCommand, FORCE_RM } from '../registers/command.ts';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { commandParameters, EndpointEvent, endpointEventWord } from '../registers/event.ts';
import { get } from '../registers/field.ts';
import { TrbCtrl, TrbStatus } from '../registers/trb.ts';
import type { EventRing } from './event-ring.ts';
import { EndpointType, type PhysicalEndpoint } from './physical-endpoint.ts';
import type { RegisterFile } from './register-file.ts';

const { DEPCMD, DEPCMDPAR0, DEPCMDPAR1, DEPCMDPAR2 } = DEVICE_REGISTERS;
const CMDACT = DEPCMD.fields.CMDACT.mask;
const CMDIOC = DEPCMD.fields.CMDIOC.mask;
const COMMAND = DEPCMD.fields.CMDTYP.mask;
const PARAM_SHIFT = DEPCMD.fields.PARAM.low;

/** Effects of endpoint commands on the rest of the core. */
export interface CommandEffects {
  /** A transfer has TRBs, or new ones: the host may come back. */
  armed(endpoint: PhysicalEndpoint): void;
  /** Starts an isochronous transfer at a (micro)frame. */
  schedule(endpoint: PhysicalEndpoint, frame: number): CommandStatus;
  /** SET_STALL. */
  stall(endpoint: PhysicalEndpoint): void;
  /** SET_CONFIG may have changed the address. */
  configured(endpoint: PhysicalEndpoint): void;
  /** A transfer was ended by command. */
  ended(endpoint: PhysicalEndpoint): void;
  /** While true, END_TRANSFER does not get done: a SETUP packet waits for its TRB. */
  readonly setupWaits: boolean;
}

/** The endpoint commands: what writing DEPCMD does. */
export class EndpointCommands {
  readonly #registers: RegisterFile;
  readonly #endpoints: readonly PhysicalEndpoint[];
  readonly #events: EventRing;
  readonly #effects: CommandEffects;
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  /** Transfer resource that is given out next. */
  #nextResource = 0;
  /** END_TRANSFER commands that wait for a SETUP packet to be taken. */
  #waiting: { readonly endpoint: PhysicalEndpoint; readonly word: number }[] = [];

  constructor(
    registers: RegisterFile,
    endpoints: readonly PhysicalEndpoint[],
    events: EventRing,
    effects: CommandEffects,
    clock: Clock,
    trace: TraceSink | undefined,
  ) {
    this.#registers = registers;
    this.#endpoints = endpoints;
    this.#events = events;
    this.#effects = effects;
    this.#clock = clock;
    this.#trace = trace;
  }

  /** The driver writes DEPCMD of a physical endpoint. */
  write(index: number, word: number): void {
    const endpoint = this.#endpoints[index];
    if (endpoint === undefined) return;
    const command = word & COMMAND;
    if (command === EndpointCommand.UPDATE_TRANSFER) {
      if (endpoint.active) this.#effects.armed(endpoint);
      if ((word & (CMDACT | CMDIOC)) !== 0) this.#done(endpoint, word, CommandStatus.OK);
      return;
    }
    const offset = DEPCMD.offset + index * DEPCMD.stride;
    if (command === EndpointCommand.END_TRANSFER && index > 1 && this.#effects.setupWaits) {
      this.#registers.store(offset, (word | CMDACT) >>> 0);
      this.#waiting.push({ endpoint, word });
      return;
    }
    this.#done(endpoint, word, this.#execute(endpoint, command, word));
  }

  /** The SETUP packet was taken: what waited for it gets done. */
  resume(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { endpoint, word } of waiting) {
      this.#done(endpoint, word, this.#execute(endpoint, EndpointCommand.END_TRANSFER, word));
    }
  }

  reset(): void {
    this.#nextResource = 0;
    this.#waiting = [];
  }

  #execute(endpoint: PhysicalEndpoint, command: number, word: number): CommandStatus {
    const parameter = (word >>> PARAM_SHIFT) & 0xffff;
    switch (command) {
      case EndpointCommand.SET_CONFIG:
        endpoint.configure(
          this.#parameter(endpoint, DEPCMDPAR0.offset),
          this.#parameter(endpoint, DEPCMDPAR1.offset),
          this.#parameter(endpoint, DEPCMDPAR2.offset),
        );
        this.#effects.configured(endpoint);
        return CommandStatus.OK;
      case EndpointCommand.SET_TRANSFER_RESOURCE:
        return this.#allocate(endpoint);
      case EndpointCommand.GET_STATE:
        this.#registers.store(DEPCMDPAR2.offset + endpoint.index * DEPCMDPAR2.stride, endpoint.state);
        return CommandStatus.OK;
      case EndpointCommand.SET_STALL:
        this.#effects.stall(endpoint);
        return CommandStatus.OK;
      case EndpointCommand.CLEAR_STALL:
        endpoint.stalled = false;
        endpoint.sequence = 0;
        this.#effects.armed(endpoint);
        return CommandStatus.OK;
      case EndpointCommand.START_TRANSFER:
        return this.#start(endpoint, parameter);
      case EndpointCommand.END_TRANSFER:
        this.#end(endpoint, (word & FORCE_RM) !== 0);
        return CommandStatus.OK;
      case EndpointCommand.START_CONFIG:
        this.#startConfiguration(parameter);
        return CommandStatus.OK;
      default:
        return CommandStatus.NO_RESOURCE;
    }
  }

  #start(endpoint: PhysicalEndpoint, parameter: number): CommandStatus {
    if (endpoint.active || endpoint.resource < 0) return CommandStatus.NO_RESOURCE;
    const high = this.#parameter(endpoint, DEPCMDPAR0.offset);
    const low = this.#parameter(endpoint, DEPCMDPAR1.offset);
    endpoint.start(high * 2 ** 32 + low);
    if (endpoint.type === EndpointType.ISOCHRONOUS) {
      const status = this.#effects.schedule(endpoint, parameter);
      if (status !== CommandStatus.OK) endpoint.stop();
      return status;
    }
    this.#effects.armed(endpoint);
    return CommandStatus.OK;
  }

  #end(endpoint: PhysicalEndpoint, force: boolean): void {
    if (!endpoint.active) return;
    const { cursor } = endpoint;
    // Without ForceRM the TRB at work says how far it got; with it, memory stays as it is.
    if (!force && cursor.loaded) cursor.writeBack(TrbStatus.IN_PROGRESS, cursor.control & ~TrbCtrl.HWO);
    endpoint.stop();
    this.#effects.ended(endpoint);
  }

  #allocate(endpoint: PhysicalEndpoint): CommandStatus {
    if (endpoint.resource >= 0) return CommandStatus.OK;
    if (this.#nextResource >= this.#endpoints.length) return CommandStatus.NO_RESOURCE;
    endpoint.resource = this.#nextResource++;
    return CommandStatus.OK;
  }

  /** Resources from `first` on are free again: 0 for all, 2 for all but those of endpoint 0. */
  #startConfiguration(first: number): void {
    for (const endpoint of this.#endpoints) if (endpoint.resource >= first) endpoint.resource = -1;
    this.#nextResource = first;
  }

  /** The command is over: the word says how, and an event if it was asked for. */
  #done(endpoint: PhysicalEndpoint, word: number, status: CommandStatus): void {
    const command = word & COMMAND;
    const param = command === EndpointCommand.START_TRANSFER ? Math.max(endpoint.resource, 0) : word >>> PARAM_SHIFT;
    const result = (word & 0xfff & ~CMDACT) | (status << 12) | (param << PARAM_SHIFT);
    this.#registers.store(DEPCMD.offset + endpoint.index * DEPCMD.stride, result >>> 0);
    if (this.#trace !== undefined) this.#report(this.#trace, endpoint, command, status);
    if ((word & CMDIOC) === 0) return;
    this.#events.push(
      endpointEventWord(endpoint.index, EndpointEvent.COMMAND_COMPLETE, status, commandParameters(command)),
    );
  }

  #parameter(endpoint: PhysicalEndpoint, offset: number): number {
    return this.#registers.read(offset + endpoint.index * DEPCMD.stride);
  }

  #report(trace: TraceSink, endpoint: PhysicalEndpoint, command: number, status: number): void {
    const details = { endpoint: endpoint.index, command: get(DEPCMD.fields.CMDTYP, command), status };
    trace.event({ at: this.#clock.now(), source: 'controller', what: 'endpoint command', details });
  }
}
