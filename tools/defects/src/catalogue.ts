import { BUFFER_DEFECTS } from './catalogue/buffers.ts';
import { CONTROLLER_DEFECTS } from './catalogue/controller.ts';
import { FENCE_DEFECTS } from './catalogue/fences.ts';
import { FILE_DEFECTS } from './catalogue/files.ts';
import { FUNCTION_DEFECTS } from './catalogue/functions.ts';
import { TRANSFER_DEFECTS } from './catalogue/transfers.ts';
import type { Defect } from './defect.ts';

/** Every defect there is, by subject. */
export const DEFECTS: readonly Defect[] = [
  ...BUFFER_DEFECTS,
  ...FENCE_DEFECTS,
  ...TRANSFER_DEFECTS,
  ...FILE_DEFECTS,
  ...FUNCTION_DEFECTS,
  ...CONTROLLER_DEFECTS,
];
