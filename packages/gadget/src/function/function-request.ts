import { RequestType, type SetupPacket } from '@gadgetloom/udc';
import type { FunctionEndpoints } from '../stack/function-endpoints.ts';
import type { SetupAnswer, SetupRequest } from '../stack/setup-request.ts';

/** bmRequestType, bits 6..5 (USB 2.0, table 9-2). */
export type RequestKind = 'standard' | 'class' | 'vendor' | 'reserved';
/** bmRequestType, bits 4..0. */
export type RequestRecipient = 'device' | 'interface' | 'endpoint' | 'other';

const KINDS: readonly RequestKind[] = ['standard', 'class', 'vendor', 'reserved'];
const RECIPIENTS: readonly RequestRecipient[] = ['device', 'interface', 'endpoint'];
const KIND_SHIFT = 5;

/** Which control requests a handler wants. A field that is not given matches everything, except the recipient. */
export interface RequestFilter {
  readonly type?: RequestKind;
  /** `'interface'` unless given. A handler for `'device'` or `'other'` gets requests that are addressed to no function. */
  readonly recipient?: RequestRecipient;
  /** bRequest, 0 to 255. */
  readonly request?: number;
  readonly direction?: 'in' | 'out';
  /** Name of the interface, in functions with named ones. */
  readonly interface?: string;
  /** Name of the endpoint; the recipient is then `'endpoint'`. */
  readonly endpoint?: string;
}

/** A control request to a function, decoded. */
export class FunctionRequest {
  readonly #request: SetupRequest;
  readonly #names: Pick<FunctionEndpoints, 'interfaceNames' | 'endpointNames'>;

  constructor(request: SetupRequest, names: Pick<FunctionEndpoints, 'interfaceNames' | 'endpointNames'>) {
    this.#request = request;
    this.#names = names;
  }

  get setup(): SetupPacket {
    return this.#request.setup;
  }

  get type(): RequestKind {
    return KINDS[(this.setup.requestType & RequestType.TYPE_MASK) >> KIND_SHIFT]!;
  }

  get recipient(): RequestRecipient {
    return RECIPIENTS[this.setup.requestType & RequestType.RECIPIENT_MASK] ?? 'other';
  }

  /** `'in'`: the host reads. `'out'`: the host sends data, or nothing. */
  get direction(): 'in' | 'out' {
    return this.#request.direction;
  }

  /** bRequest. */
  get request(): number {
    return this.setup.request;
  }

  /** wValue. */
  get value(): number {
    return this.setup.value;
  }

  /**
   * wIndex. FunctionFS has replaced the number of an interface or an endpoint by the function's own number (f_fs.c,
   * ffs_func_setup); `interface` and `endpoint` have its name.
   */
  get index(): number {
    return this.setup.index;
  }

  /** wLength: bytes that the host sends, or the most that it takes. */
  get length(): number {
    return this.setup.length;
  }

  /** Name of the interface, if the recipient is one and the function has named interfaces. */
  get interface(): string | undefined {
    return this.recipient === 'interface' ? this.#names.interfaceNames[this.index & 0xff] : undefined;
  }

  /** Name of the endpoint, if the recipient is one. IN and OUT endpoints of the same number cannot be told apart. */
  get endpoint(): string | undefined {
    return this.recipient === 'endpoint' ? this.#names.endpointNames[this.index - 1] : undefined;
  }

  /**
   * The data that the host sends. Reading it tells the host that the request succeeded: FunctionFS cannot refuse a
   * request after its data (f_fs.c, ffs_ep0_read). So check `value`, `index` and `length` first.
   *
   * @throws KernelError EINVAL the host reads; EIDRM the host gave up meanwhile
   */
  data(): Promise<Uint8Array> {
    return this.#request.data();
  }
}

/**
 * Answers a control request: bytes for a host that reads, `false` to refuse it (stall). A request of a host that sends
 * is accepted with `true` or nothing.
 */
export type RequestAnswer = Uint8Array | boolean | undefined;
/** Answers the control requests that match its filter. */
// biome-ignore lint/suspicious/noConfusingVoidType: an async handler that returns nothing returns a promise of void.
export type RequestHandler = (request: FunctionRequest) => RequestAnswer | Promise<RequestAnswer | void>;

/** A handler, and the requests that it wants. */
export interface RequestRoute {
  readonly filter: RequestFilter;
  readonly handler: RequestHandler;
}

/** The recipient that a filter wants. */
export function recipientOf(filter: RequestFilter): RequestRecipient {
  return filter.recipient ?? (filter.endpoint === undefined ? 'interface' : 'endpoint');
}

/** True for requests that are addressed to no function. */
export function concernsAll(recipient: RequestRecipient): boolean {
  return recipient === 'device' || recipient === 'other';
}

/** Asks the first route that wants the request. `undefined`: none does. */
export async function answerByRoute(request: FunctionRequest, routes: Iterable<RequestRoute>): Promise<SetupAnswer> {
  for (const { filter, handler } of routes) {
    if (!matches(request, filter)) continue;
    const answer = await handler(request);
    return answer ?? request.direction === 'out';
  }
  return undefined;
}

function matches(request: FunctionRequest, filter: RequestFilter): boolean {
  return (
    request.recipient === recipientOf(filter) &&
    (filter.type === undefined || filter.type === request.type) &&
    (filter.request === undefined || filter.request === request.request) &&
    (filter.direction === undefined || filter.direction === request.direction) &&
    (filter.interface === undefined || filter.interface === request.interface) &&
    (filter.endpoint === undefined || filter.endpoint === request.endpoint)
  );
}
