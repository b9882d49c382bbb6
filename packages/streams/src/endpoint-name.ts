import type { EndpointFile } from '@gadgetloom/functionfs';

/** Returns the name of an endpoint for messages and completions: its name in the gadget, or else its file's name. */
export function nameOf({ gadgetName, name }: EndpointFile): string {
  return gadgetName ?? name;
}
