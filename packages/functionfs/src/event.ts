import { decodeSetup, encodeSetup, type SetupPacket } from '@gadgetloom/udc';

/** Types of event, in the order of their numbers (enum usb_functionfs_event_type). */
export const EVENT_TYPES = ['BIND', 'UNBIND', 'ENABLE', 'DISABLE', 'SETUP', 'SUSPEND', 'RESUME'] as const;
/** Type of an event of ep0. */
export type EventType = (typeof EVENT_TYPES)[number];

/** An event of the function, as read from ep0. */
export type FunctionFsEvent =
  | { readonly type: Exclude<EventType, 'SETUP'> }
  | { readonly type: 'SETUP'; readonly setup: SetupPacket };

/** Bytes of one event (struct usb_functionfs_event). */
export const EVENT_SIZE = 12;

/** Decodes the bytes of a read of ep0. It ignores a rest of less than twelve bytes. */
export function decodeEvents(bytes: Uint8Array): FunctionFsEvent[] {
  const events: FunctionFsEvent[] = [];
  for (let at = 0; at + EVENT_SIZE <= bytes.length; at += EVENT_SIZE) {
    const type = EVENT_TYPES[bytes[at + 8]!];
    if (type === 'SETUP') events.push({ type, setup: decodeSetup(bytes.subarray(at, at + 8)) });
    else if (type !== undefined) events.push({ type });
  }
  return events;
}

/** Encodes one event. */
export function encodeEvent(event: FunctionFsEvent): Uint8Array {
  const bytes = new Uint8Array(EVENT_SIZE);
  if (event.type === 'SETUP') bytes.set(encodeSetup(event.setup));
  bytes[8] = EVENT_TYPES.indexOf(event.type);
  return bytes;
}
