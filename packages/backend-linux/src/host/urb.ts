/** Types of `struct usbdevfs_urb`. */
export const URB_TYPE = { interrupt: 1, control: 2, bulk: 3 } as const;

/** USBDEVFS_URB_ZERO_PACKET. */
export const ZERO_PACKET = 0x40;

/** One transfer of usbfs, from its submission to its completion. */
export interface Urb {
  readonly type: number;
  readonly endpoint: number;
  readonly flags: number;
  /** Bytes of its buffer, SETUP packet included. */
  readonly length: number;
  /** The beginning of the buffer: what is sent, or the SETUP packet. */
  readonly bytes: Uint8Array | undefined;
  /** Where to put what arrives, from `offset` of the buffer on. */
  readonly into: Uint8Array | undefined;
  readonly offset: number;
  /** The file's own: where the kernel has it; -1 while it waits. */
  slot: number;
  /** Why it ends early, as a negative errno; 0 if it does not. */
  unlinked: number;
  /** Called once, from the event loop, never from inside a call of the file's. @param status 0 or a negative errno */
  ended(status: number, actual: number): void;
}
