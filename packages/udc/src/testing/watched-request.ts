import { Errno, errnoCode } from '@gadgetloom/core';
import { UsbRequest } from '../request.ts';

/** A request that records its result in words every time it completes. */
export class WatchedRequest extends UsbRequest {
  /** `'ok 512'`, `'ESHUTDOWN 0'`: status and bytes moved. */
  readonly outcomes: string[] = [];

  constructor(buffer: Uint8Array, onComplete: (request: WatchedRequest) => void = () => {}) {
    super();
    this.buffer = buffer;
    this.length = buffer.length;
    this.complete = () => {
      this.outcomes.push(`${this.status === 0 ? 'ok' : errnoCode(this.status)} ${this.actual}`);
      onComplete(this);
    };
  }

  /** True until it completes. */
  get queued(): boolean {
    return this.status === -Errno.EINPROGRESS;
  }
}
