import { COMMANDS, KERNEL_COMMANDS } from './command-table.ts';
import { CACHING_PAGE, ERROR_RECOVERY_PAGE, INFORMATIONAL_EXCEPTIONS_PAGE, KERNEL_CACHING_PAGE } from './mode.ts';
import type { Personality } from './personality.ts';

/** A disk by the standards: SPC-4 and SBC-3. */
export const DISK: Personality = {
  commands: COMMANDS,
  version: 6,
  modePages: [ERROR_RECOVERY_PAGE, CACHING_PAGE, INFORMATIONAL_EXCEPTIONS_PAGE],
  tellsForceUnitAccess: true,
  intends: 'answer',
  movesUpToTheEnd: false,
  senseReportsAttention: true,
  refusesStartStopOfFixed: false,
  verifiesBytes: true,
};

/** The disk of Linux 6.12 (f_mass_storage.c): SCSI-2, and what its authors left out. */
export const KERNEL_DISK: Personality = {
  commands: KERNEL_COMMANDS,
  version: 2,
  modePages: [KERNEL_CACHING_PAGE],
  tellsForceUnitAccess: false,
  intends: 'allocation',
  movesUpToTheEnd: true,
  senseReportsAttention: false,
  refusesStartStopOfFixed: true,
  verifiesBytes: false,
};
