import { CONCURRENCY } from './concurrency/concurrency.ts';
import { ATTACH } from './requirements/attach.ts';
import { BUFFERS } from './requirements/buffers.ts';
import { CONTROLLER } from './requirements/controller.ts';
import { DESCRIPTORS } from './requirements/descriptors.ts';
import { ENDPOINT_FILES } from './requirements/endpoint-files.ts';
import { EVENTS } from './requirements/events.ts';
import { FENCES } from './requirements/fences.ts';
import { GADGETS } from './requirements/gadgets.ts';
import { INSTANCES } from './requirements/instances.ts';
import type { RequirementGroup } from './requirements/requirement.ts';
import { SELF_TESTS_BUFFERS } from './requirements/self-tests/buffers.ts';
import { SELF_TESTS_FENCES } from './requirements/self-tests/fences.ts';
import { SELF_TESTS_SYNC } from './requirements/self-tests/sync.ts';
import { TEARDOWN } from './requirements/teardown.ts';
import { TRANSFER } from './requirements/transfer.ts';
import { USBTEST } from './requirements/usbtest.ts';

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
