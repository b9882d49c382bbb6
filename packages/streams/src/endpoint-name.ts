import type { EndpointFile } from '@gadgetloom/functionfs';

/** What the gadget calls an endpoint, where the endpoint knows (those of a stack do), else the name of its file. */
export function nameOf(endpoint: EndpointFile): string {
  return (endpoint as EndpointFile & { readonly gadgetName?: string }).gadgetName ?? endpoint.name;
}
