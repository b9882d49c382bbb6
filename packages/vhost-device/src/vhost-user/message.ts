import { closeDescriptors } from '../descriptors.ts';
import type { RequestName } from './requests.ts';

/** A message of the front end. Disposing it closes the descriptors that were not taken. */
export class Message implements Disposable {
  readonly name: RequestName;
  /** Whether the front end requests a reply to this message (NEED_REPLY). */
  readonly needsReply: boolean;
  /** Little-endian. */
  readonly payload: DataView;
  readonly #descriptors: number[];

  constructor(name: RequestName, needsReply: boolean, payload: DataView, descriptors: number[]) {
    this.name = name;
    this.needsReply = needsReply;
    this.payload = payload;
    this.#descriptors = descriptors;
  }

  /** How many are left. */
  get descriptors(): number {
    return this.#descriptors.length;
  }

  /** Takes the next descriptor, which the caller then owns; -1 if there is none. */
  takeDescriptor(): number {
    return this.#descriptors.shift() ?? -1;
  }

  /** 64 bits at an offset: exact up to 2^53, and too large for any memory from there on. */
  number(offset: number): number {
    return Number(this.payload.getBigUint64(offset, true));
  }

  [Symbol.dispose](): void {
    closeDescriptors(...this.#descriptors.splice(0));
  }
}
