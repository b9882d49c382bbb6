import type { UsbRequest } from '@gadgetloom/udc';
import type { Dwc3Request } from './dwc3-request.ts';

/** Requests in order, as a linked list: a request is in one list at most. */
export class RequestList {
  first: Dwc3Request | undefined = undefined;
  last: Dwc3Request | undefined = undefined;

  get empty(): boolean {
    return this.first === undefined;
  }

  push(request: Dwc3Request): void {
    request.before = this.last;
    request.after = undefined;
    if (this.last === undefined) this.first = request;
    else this.last.after = request;
    this.last = request;
  }

  /** The request must be here. */
  remove(request: Dwc3Request): void {
    const { before, after } = request;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.last = before;
    else after.before = before;
    request.before = undefined;
    request.after = undefined;
  }

  find(request: UsbRequest): Dwc3Request | undefined {
    let found = this.first;
    while (found !== undefined && found.request !== request) found = found.after;
    return found;
  }
}
