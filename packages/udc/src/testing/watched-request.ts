import { Errno, errnoCode } from '@gadgetloom/core';
import { UsbRequest } from '../request.ts';

/** A request that says how it went, in words, every time it completes. */
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

  /** Not over yet. */
  get queued(): boolean {
    return this.status === -Errno.EINPROGRESS;
  }
}
