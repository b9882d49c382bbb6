import { parseScenarios } from '../scenario/parse.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { ENDPOINT_OPERATIONS, type EndpointOperationName } from './endpoint-operations.ts';
import { ENDPOINT_STATES, type EndpointStateName } from './endpoint-states.ts';
import { expectedOutcome } from './expected-outcomes.ts';

/** One cell of the table: a scenario whose last step is the operation. */
export interface StateScenario {
  readonly state: EndpointStateName;
  readonly operation: EndpointOperationName;
  readonly scenario: Scenario;
}

/** The table as a file of scenarios, with the outcomes that a controller has. @param driver such as `'dwc3-gadget'` */
export function stateScenarioText(driver: string, states: readonly { readonly name: string }[] = ENDPOINT_STATES): string {
  const wanted = new Set(states.map(({ name }) => name));
  return ENDPOINT_STATES.filter(({ name }) => wanted.has(name))
    .flatMap((state) =>
      ENDPOINT_OPERATIONS.map((operation) => {
        const steps = [...state.steps, 'nonblock ep1 on', 'nonblock ep2 on', ...operation.steps];
        const last = steps.pop();
        const outcome = expectedOutcome(state.name, operation.name, driver);
        return [`scenario ${state.name}: ${operation.name}`.replaceAll(' ', '-').replace('scenario-', 'scenario '), ...steps, `${last} => ${outcome}`].join('\n  ');
      }),
    )
    .join('\n\n');
}

/** Every state by every operation, with the outcome that a controller has. @param driver such as `'dwc3-gadget'` */
export function stateScenarios(driver: string): readonly StateScenario[] {
  const scenarios = parseScenarios(stateScenarioText(driver), 'states');
  return ENDPOINT_STATES.flatMap((state, row) =>
    ENDPOINT_OPERATIONS.map((operation, column) => ({
      state: state.name,
      operation: operation.name,
      scenario: scenarios[row * ENDPOINT_OPERATIONS.length + column]!,
    })),
  );
}
