import { CONCURRENCY } from '../concurrency/concurrency.ts';
import { ATTACH } from './attach.ts';
import { BUFFERS } from './buffers.ts';
import { CONTROLLER } from './controller.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { ENDPOINT_FILES } from './endpoint-files.ts';
import { EVENTS } from './events.ts';
import { FENCES } from './fences.ts';
import { GADGETS } from './gadgets.ts';
import { INSTANCES } from './instances.ts';
import type { RequirementGroup } from './requirement.ts';
import { SELF_TESTS_BUFFERS } from './self-tests/buffers.ts';
import { SELF_TESTS_FENCES } from './self-tests/fences.ts';
import { SELF_TESTS_SYNC } from './self-tests/sync.ts';
import { TEARDOWN } from './teardown.ts';
import { TRANSFER } from './transfer.ts';
import { USBTEST } from './usbtest.ts';

/** Every requirement there is, by subject. */
export const REQUIREMENTS: readonly RequirementGroup[] = [
  BUFFERS,
  GADGETS,
  CONTROLLER,
  INSTANCES,
  DESCRIPTORS,
  EVENTS,
  ENDPOINT_FILES,
  ATTACH,
  TRANSFER,
  FENCES,
  TEARDOWN,
  CONCURRENCY,
  SELF_TESTS_FENCES,
  SELF_TESTS_BUFFERS,
  SELF_TESTS_SYNC,
  USBTEST,
];
