import type { EndpointFile } from '@gadgetloom/functionfs';

/** What messages and completions call an endpoint: as the gadget does, else by the name of its file. */
export function nameOf({ gadgetName, name }: EndpointFile): string {
  return gadgetName ?? name;
}
