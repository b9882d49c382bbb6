import type { RequirementGroup } from '../requirements/requirement.ts';
import { AT_ONCE } from './at-once.ts';
import { CALLBACKS } from './callbacks.ts';
import { GADGETS } from './gadgets.ts';
import { MEANWHILE } from './meanwhile.ts';

/** What happens at once, in callbacks, and to calls that wait. */
export const CONCURRENCY: RequirementGroup = {
  ...MEANWHILE,
  requirements: [...MEANWHILE.requirements, ...AT_ONCE, ...CALLBACKS, ...GADGETS],
};
