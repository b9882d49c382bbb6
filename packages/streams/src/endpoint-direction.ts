import type { EndpointFile } from '@gadgetloom/functionfs';

/**
 * The endpoint's own type. If the compiler knows that the direction is wrong, it is the type that was expected instead.
 * Endpoints whose direction is only known at run time are checked then.
 */
export type Towards<Wanted extends EndpointFile['direction'], E extends EndpointFile> = Wanted extends E['direction']
  ? E
  : EndpointFile & { readonly direction: Wanted };
