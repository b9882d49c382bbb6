import type { CommandTable } from './command.ts';

/** What differs between disks that speak the same protocol, as data. */
export interface Personality {
  readonly commands: CommandTable;
  /** Byte 2 of INQUIRY: the version of SPC. */
  readonly version: number;
  /** Mode pages, in the order of their numbers; the changeable ones can be written by MODE SELECT. */
  readonly modePages: readonly ModePage[];
  /** MODE SENSE tells that DPO and FUA are known. */
  readonly tellsForceUnitAccess: boolean;
  /**
   * What the device intends to send, for the thirteen cases (BOT, 6.7): what the CDB allows, as f_mass_storage.c takes it,
   * or what the answer has. The second lets a host allow more than it fetches.
   */
  readonly intends: 'allocation' | 'answer';
  /** Only the first block of a read or write has to be on the medium: what lies on it is moved before the error. */
  readonly movesUpToTheEnd: boolean;
  /** REQUEST SENSE reports a pending unit attention and clears it (SPC-4, 5.14); it leaves it alone otherwise. */
  readonly senseReportsAttention: boolean;
  /** START STOP UNIT is refused where the medium is not removable. */
  readonly refusesStartStopOfFixed: boolean;
  /** VERIFY compares the medium with bytes of the host, if it asks for that. */
  readonly verifiesBytes: boolean;
}

/** One page of MODE SENSE. */
export interface ModePage {
  readonly code: number;
  /** The bytes behind code and length. */
  readonly bytes: (state: ModeState) => Uint8Array;
  /** Which bits MODE SELECT may change; none unless given. */
  readonly changeable?: Uint8Array;
}

/** What mode pages tell. */
export interface ModeState {
  readonly writeCache: boolean;
}
