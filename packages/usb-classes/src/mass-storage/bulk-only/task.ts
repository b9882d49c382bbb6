import type { Outcome, ScsiCommand } from '../scsi/command.ts';
import { commandOf } from '../scsi/command-table.ts';
import type { LogicalUnit } from '../scsi/logical-unit.ts';
import type { Personality } from '../scsi/personality.ts';
import { internalFailure } from '../scsi/store-access.ts';
import { CheckCondition, Sense } from '../sense.ts';
import { CommandStatus, type CommandWrapper } from './wrappers.ts';

const MOST_BYTES = 0xffff_ffff;
const DEFAULT_BLOCK = 512;
/** The logical unit number of SCSI-2, in byte 1 of every CDB. */
const UNIT_IN_CDB = 0xe0;

/** A command that cannot even fail with sense data: wrong direction, too short, or no such unit. */
class Refused extends Error {}

/** One command, from its wrapper to its status: what it may move, and what went wrong. */
export class Task {
  readonly wrapper: CommandWrapper;
  readonly unit: LogicalUnit | undefined;
  /** Bytes that the host wants to move and that were not used. */
  residue: number;
  /** Bytes that the host will still send and that nobody has asked for. */
  unrequested: number;
  /** The host and the command disagree about the data (BOT, 6.7.1 to 6.7.3). */
  phaseError = false;
  /** The host has ended the data stage early. */
  short = false;
  /** Bytes that the command moves, as far as its CDB says. */
  size = 0;
  /** The unit does not exist, and the command may ask it nevertheless. */
  #unitOptional = false;
  readonly #personality: Personality;
  readonly #units: readonly number[];

  constructor(wrapper: CommandWrapper, units: ReadonlyMap<number, LogicalUnit>, personality: Personality) {
    this.wrapper = wrapper;
    this.unit = units.get(wrapper.unit);
    this.residue = wrapper.dataLength;
    this.unrequested = wrapper.dataLength;
    this.#personality = personality;
    this.#units = [...units.keys()];
  }

  /** Does the command, up to its data stage. Failures are noted in the task and its unit. */
  async begin(): Promise<Outcome> {
    try {
      return this.#limited(await this.#run());
    } catch (error) {
      if (error instanceof CheckCondition) this.fail(error);
      else if (!(error instanceof Refused) && this.unit !== undefined) this.fail(internalFailure(this.unit, error));
      return { kind: 'done' };
    }
  }

  /** Notes that the command failed. */
  fail({ sense, information }: CheckCondition): void {
    if (this.unit === undefined) return;
    this.unit.sense = sense;
    this.unit.information = information;
  }

  /** bCSWStatus. */
  get status(): number {
    if (this.phaseError) return CommandStatus.PHASE_ERROR;
    const failed = this.unit === undefined ? !this.#unitOptional : this.unit.sense !== Sense.NONE;
    return failed ? CommandStatus.FAILED : CommandStatus.PASSED;
  }

  /** check_command of f_mass_storage.c, in its order, and then the command itself. */
  #run(): Outcome | Promise<Outcome> {
    const { wrapper, unit } = this;
    const cdb = wrapper.command;
    const command = this.#find(cdb);
    this.#measure(command, cdb);
    if (command !== undefined && wrapper.commandLength < command.length) this.#disagree();
    if (unit === undefined) return this.#withoutUnit(command);
    const asksForSense = cdb[0] === 0x03;
    if (!asksForSense) unit.clearSense();
    if (command?.anyUnit !== true && unit.attention !== Sense.NONE) {
      const { attention } = unit;
      unit.attention = Sense.NONE;
      throw new CheckCondition(attention);
    }
    cdb[1] = cdb[1]! & ~UNIT_IN_CDB;
    if (command === undefined) throw new CheckCondition(Sense.INVALID_COMMAND);
    for (let at = 1; at < wrapper.commandLength; at++)
      if (cdb[at] !== 0 && (command.mask & (1 << at)) === 0) throw new CheckCondition(Sense.INVALID_FIELD_IN_CDB);
    if (command.needsMedium === true && unit.medium === undefined) throw new CheckCondition(Sense.MEDIUM_NOT_PRESENT);
    return command.run({ cdb, unit, units: this.#units, personality: this.#personality });
  }

  #find(cdb: Uint8Array): ScsiCommand | undefined {
    const command = commandOf(this.#personality.commands, cdb);
    return command?.cdrom === true && this.unit?.cdrom !== true ? undefined : command;
  }

  /** Compares what the host wants to move with what the CDB says (BOT, 6.7). */
  #measure(command: ScsiCommand | undefined, cdb: Uint8Array): void {
    const { direction, dataLength } = this.wrapper;
    const told = command?.size?.(cdb) ?? 0;
    const block = this.unit?.medium?.blockSize ?? DEFAULT_BLOCK;
    this.size = command?.inBlocks === true && this.unit !== undefined ? told * block : told;
    if (this.size > MOST_BYTES) this.#disagree();
    const known = command?.allocation !== true || this.#personality.intends === 'allocation';
    if (known && this.size > dataLength) {
      this.size = dataLength;
      this.phaseError = true;
    }
    if (this.size > 0 && direction !== 'none' && command !== undefined && direction !== command.direction)
      this.#disagree();
  }

  #disagree(): never {
    this.phaseError = true;
    throw new Refused();
  }

  #withoutUnit(command: ScsiCommand | undefined): Outcome {
    if (command?.withoutUnit === undefined) throw new Refused();
    this.#unitOptional = true;
    return command.withoutUnit();
  }

  /** An answer, as much of it as both CDB and wrapper allow. */
  #limited(outcome: Outcome): Outcome {
    if (outcome.kind !== 'reply') return outcome;
    const { dataLength } = this.wrapper;
    const intended = Math.min(outcome.bytes.length, this.size);
    if (intended > dataLength) this.phaseError = true;
    return { kind: 'reply', bytes: outcome.bytes.subarray(0, Math.min(intended, dataLength)) };
  }
}
