import type { EndpointFile } from '@gadgetloom/functionfs';

/** An endpoint whose owner tells when it is being closed, as a stack does. */
interface OwnedEndpoint extends EndpointFile {
  readonly closing?: boolean;
}

/** True while the owner of the endpoint closes it, and ever after. */
export function isClosing(endpoint: OwnedEndpoint): boolean {
  return endpoint.closing === true;
}
