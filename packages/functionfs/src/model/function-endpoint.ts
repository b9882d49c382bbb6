import { type EndpointDescriptor, type GadgetEndpoint, UsbRequest } from '@gadgetloom/udc';

/** An endpoint that a bound function has claimed (struct ffs_ep). */
export class FunctionEndpoint {
  readonly endpoint: GadgetEndpoint;
  /** The request of read and write, which take turns. */
  readonly request: UsbRequest = new UsbRequest();
  /** Descriptors that the host sees at full, high and super speed. */
  readonly descriptors: (EndpointDescriptor | undefined)[] = [undefined, undefined, undefined];

  constructor(endpoint: GadgetEndpoint) {
    this.endpoint = endpoint;
  }
}
