import { ATTACH } from './attach.ts';
import type { RequirementGroup } from './requirement.ts';

/** Every requirement there is, by subject. */
export const REQUIREMENTS: readonly RequirementGroup[] = [ATTACH];
