import { isKernelError, KernelError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { EndpointFile, EndpointUser } from '@gadgetloom/functionfs';

/** A buffer that an engine has attached to its endpoint. */
export interface Attachment {
  readonly buffer: DmaBuf;
  /** True while a transfer of the buffer is in flight, or over and not yet delivered. */
  busy: boolean;
}

/**
 * The buffers that one engine keeps attached, because attaching maps a buffer for the device. Their number is limited,
 * so that a program that sends new buffers all the time does not collect mappings. The endpoint file knows the engine as
 * the owner of them, and keeps those of the program apart.
 */
export class Attachments {
  readonly #endpoint: EndpointFile;
  readonly #owner: EndpointUser;
  readonly #limit: number;
  readonly #byBuffer = new Map<DmaBuf, Attachment>();

  constructor(endpoint: EndpointFile, owner: EndpointUser, limit: number) {
    this.#endpoint = endpoint;
    this.#owner = owner;
    this.#limit = limit;
  }

  find(buffer: DmaBuf): Attachment | undefined {
    return this.#byBuffer.get(buffer);
  }

  /** @throws KernelError the error of ATTACH; EBUSY another stream of the endpoint has the buffer attached */
  attach(buffer: DmaBuf): Attachment {
    if (this.#endpoint.attachments.some((it) => it.buffer === buffer && this.#isOther(it.owner)))
      throw new KernelError('EBUSY', 'FUNCTIONFS_DMABUF_ATTACH', 'another stream of this endpoint uses the buffer.');
    if (this.#byBuffer.size >= this.#limit) this.#detachOldest();
    this.#endpoint.attach(buffer, this.#owner);
    const attachment = { buffer, busy: false };
    this.#byBuffer.set(buffer, attachment);
    return attachment;
  }

  /** Forgets an attachment that the kernel has lost. */
  forget(attachment: Attachment): void {
    this.#byBuffer.delete(attachment.buffer);
  }

  /** Detaches, which cancels the transfer in flight. */
  detach(attachment: Attachment): void {
    this.forget(attachment);
    try {
      this.#endpoint.detach(attachment.buffer, this.#owner);
    } catch (error) {
      // The endpoint or the buffer is closed, or the function is not bound to this controller. That has cancelled the
      // transfer, and the kernel detaches the buffer when the endpoint file is closed at the latest.
      if (!GONE.some((code) => isKernelError(error, code))) throw error;
    }
  }

  /** Detaches every buffer that no transfer uses. */
  detachIdle(): void {
    for (const attachment of this.#byBuffer.values()) if (!attachment.busy) this.detach(attachment);
  }

  /** True for another engine of the endpoint. One that has ended may have left buffers attached, if it could not detach. */
  #isOther(owner: object | undefined): boolean {
    return owner !== this.#owner && this.#endpoint.use.users.has(owner as EndpointUser);
  }

  #detachOldest(): void {
    for (const attachment of this.#byBuffer.values()) {
      if (attachment.busy) continue;
      this.detach(attachment);
      return;
    }
  }
}

const GONE = ['EPERM', 'EBADF', 'ENODEV'] as const;
