import { parseScenarios } from '../scenario/parse.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { ENDPOINT_OPERATIONS, type EndpointOperation, type EndpointOperationName } from './endpoint-operations.ts';
import { ENDPOINT_STATES, type EndpointState, type EndpointStateName } from './endpoint-states.ts';
import { expectedOutcome, notOnRealKernels } from './expected-outcomes.ts';

/** One cell of the table: a scenario whose last step is the operation. */
export interface StateScenario {
  readonly state: EndpointState & { readonly name: EndpointStateName };
  readonly operation: EndpointOperationName;
  readonly scenario: Scenario;
}

/** What is asked of a table. */
export interface StateTableOptions {
  /** Only what a real kernel can be asked: see {@link EndpointState.notOnRealHosts} and {@link notOnRealKernels}. */
  readonly realKernel?: boolean;
}

/**
 * The states by the operations as a file of scenarios, with the outcomes that a controller has: for
 * `gadgetloom play --check`, also on a real kernel.
 *
 * @param driver of the controller: `'dummy_udc'`
 */
export function stateScenarioText(driver: string, { realKernel = false }: StateTableOptions = {}): string {
  const states: readonly (EndpointState & { readonly name: EndpointStateName })[] = ENDPOINT_STATES;
  return states
    .filter(({ notOnRealHosts }) => !realKernel || notOnRealHosts === undefined)
    .flatMap((state) =>
      ENDPOINT_OPERATIONS.filter(({ name }) => !realKernel || !notOnRealKernels(state.name, name)).map((operation) =>
        cellText(state, operation, driver),
      ),
    )
    .join('\n');
}

/** Every state by every operation, with the outcomes that a controller has. @param driver such as `'dwc3-gadget'` */
export function stateScenarios(driver: string): readonly StateScenario[] {
  const scenarios = parseScenarios(stateScenarioText(driver), 'states');
  return ENDPOINT_STATES.flatMap((state, row) =>
    ENDPOINT_OPERATIONS.map((operation, column) => ({
      state,
      operation: operation.name,
      scenario: scenarios[row * ENDPOINT_OPERATIONS.length + column]!,
    })),
  );
}

function cellText(
  state: EndpointState & { readonly name: EndpointStateName },
  operation: EndpointOperation & { readonly name: EndpointOperationName },
  driver: string,
): string {
  const name = `${state.name}-${operation.name}`.replaceAll(/[ ,]+/g, '-');
  const steps = [...state.steps, 'nonblock ep1 on', 'nonblock ep2 on', ...operation.steps];
  const lines = steps.map((step, at) =>
    at < steps.length - 1 ? step : `${step} => ${expectedOutcome(state.name, operation.name, driver)}`,
  );
  return `scenario ${name}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
