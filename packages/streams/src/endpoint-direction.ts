import type { EndpointFile } from '@gadgetloom/functionfs';

/**
 * The endpoint itself, unless the compiler knows that it goes the other way: then what it should have been. Endpoints
 * whose direction is known at run time only are checked then.
 */
export type Towards<Wanted extends EndpointFile['direction'], E extends EndpointFile> = Wanted extends E['direction']
  ? E
  : EndpointFile & { readonly direction: Wanted };
