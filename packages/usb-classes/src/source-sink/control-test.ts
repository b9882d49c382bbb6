import { RequestType, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';

/** bRequest of Intel's control tests (f_sourcesink.c, sourcesink_setup). */
export const ControlTestRequest = { WRITE: 0x5b, READ: 0x5c } as const;

/** What a control transfer to a Linux gadget has room for (composite.c, USB_COMP_EP0_BUFSIZ). */
const BUFFER = 4096;
const OUT = RequestType.VENDOR | RequestType.DEVICE;
const IN = OUT | USB_DIR_IN;

/** What a test device does with a control request. */
export type ControlTestDecision =
  /** Answers with these bytes. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Takes `length` bytes; give them to {@link ControlTest.receive}. */
  | { readonly kind: 'receive'; readonly length: number }
  /** Stalls. */
  | { readonly kind: 'refuse' };

/** The control requests for tests: what the one brings, the other gives back. */
export class ControlTest {
  readonly #buffer = new Uint8Array(BUFFER);

  /** Decides on a request to the device. */
  setup({ requestType, request, value, index, length }: SetupPacket): ControlTestDecision {
    if (value !== 0 || index !== 0 || length > BUFFER) return { kind: 'refuse' };
    if (request === ControlTestRequest.WRITE && requestType === OUT) return { kind: 'receive', length };
    if (request === ControlTestRequest.READ && requestType === IN)
      return { kind: 'send', bytes: this.#buffer.slice(0, length) };
    return { kind: 'refuse' };
  }

  /** Keeps the data of a write. */
  receive(bytes: Uint8Array): void {
    this.#buffer.set(bytes.subarray(0, BUFFER));
  }
}
