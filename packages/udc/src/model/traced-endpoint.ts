import type { Clock, TraceSink } from '@gadgetloom/core';
import type { CompanionDescriptor, EndpointDescriptor } from '../chapter9.ts';
import type { UsbEndpoint } from '../endpoint.ts';
import type { UsbRequest } from '../request.ts';
import { CoreEndpoint } from './core-endpoint.ts';

/** A {@link CoreEndpoint} that reports to a trace sink. It is a separate class so that the plain one needs no check. */
export class TracedEndpoint extends CoreEndpoint {
  readonly #clock: Clock;
  readonly #trace: TraceSink;

  constructor(hardware: UsbEndpoint, control: boolean, clock: Clock, trace: TraceSink) {
    super(hardware, control);
    this.#clock = clock;
    this.#trace = trace;
  }

  override enable(descriptor?: EndpointDescriptor, companion?: CompanionDescriptor): void {
    const before = this.enabled;
    super.enable(descriptor, companion);
    if (!before) this.#event('endpoint enabled', { address: this.address });
  }

  override disable(): void {
    const before = this.enabled;
    super.disable();
    if (before !== this.enabled) this.#event('endpoint disabled', { address: this.address });
  }

  override queue(request: UsbRequest): void {
    const { complete, length } = request;
    request.complete = (endpoint, completed) => {
      completed.complete = complete;
      this.#event('request completed', { status: completed.status, actual: completed.actual });
      complete(endpoint, completed);
    };
    this.#event('request queued', { length });
    try {
      super.queue(request);
    } catch (refusal) {
      request.complete = complete;
      this.#event('request refused', { length });
      throw refusal;
    }
  }

  override setHalt(halted: boolean): void {
    super.setHalt(halted);
    this.#event(halted ? 'endpoint halted' : 'endpoint halt cleared', {});
  }

  #event(what: string, details: Readonly<Record<string, string | number | boolean | undefined>>): void {
    this.#trace.event({ at: this.#clock.now(), source: 'udc', what, details: { endpoint: this.name, ...details } });
  }
}
