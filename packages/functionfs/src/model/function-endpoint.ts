import { type EndpointDescriptor, type GadgetEndpoint, UsbRequest } from '@gadgetloom/udc';

/** An endpoint that a bound function has claimed (struct ffs_ep). */
export class FunctionEndpoint {
  readonly endpoint: GadgetEndpoint;
  /** For read and write, one at a time. */
  readonly request: UsbRequest = new UsbRequest();
  /** As the host sees them: full, high, super speed. */
  readonly descriptors: (EndpointDescriptor | undefined)[] = [undefined, undefined, undefined];

  constructor(endpoint: GadgetEndpoint) {
    this.endpoint = endpoint;
  }
}
