import type { OpenFile } from '@gadgetloom/core';

/** One attachment of a buffer to an endpoint. */
export interface Attached {
  readonly buffer: OpenFile;
  /** The object that {@link EndpointFile.attach} was given as the owner; `undefined` if it was given none. */
  readonly owner: object | undefined;
}

/**
 * Takes the attachment of `owner` out of the list. The kernel always detaches the newest attachment of a buffer, whoever
 * made it. The one whose attachment went in place of the owner's takes over the owner's.
 *
 * @param gone what the kernel has detached
 * @param left the other attachments of the same buffer to the same endpoint, oldest first
 */
export function disown(gone: { readonly attached: Attached }, left: { attached: Attached }[], owner?: object): void {
  if (gone.attached.owner === owner) return;
  const own = left.findLast(({ attached }) => attached.owner === owner);
  if (own !== undefined) own.attached = gone.attached;
}
