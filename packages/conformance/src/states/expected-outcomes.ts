import type { EndpointOperationName } from './endpoint-operations.ts';
import type { EndpointStateName } from './endpoint-states.ts';
export function expectedOutcome(_s: EndpointStateName, _o: EndpointOperationName, _d: string): string { return '?'; }
