import { isKernelError } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';

/** A buffer that is attached to the endpoint. */
export class Attachment {
  readonly buffer: DmaBuf;
  /** A transfer of it is in flight, or over and not yet delivered. */
  busy = false;
  /** It is not attached any more. */
  gone = false;

  constructor(buffer: DmaBuf) {
    this.buffer = buffer;
  }
}

/**
 * The buffers that one engine has attached. Attaching maps a buffer for the device, which is worth keeping; but who
 * sends ever new buffers must not collect mappings for ever.
 */
export class Attachments {
  readonly #endpoint: EndpointFile;
  readonly #limit: number;
  readonly #byBuffer = new Map<DmaBuf, Attachment>();

  constructor(endpoint: EndpointFile, limit: number) {
    this.#endpoint = endpoint;
    this.#limit = limit;
  }

  find(buffer: DmaBuf): Attachment | undefined {
    return this.#byBuffer.get(buffer);
  }

  /** @throws KernelError what the kernel answers to ATTACH */
  attach(buffer: DmaBuf): Attachment {
    if (this.#byBuffer.size >= this.#limit) this.#detachOldest();
    this.#endpoint.attach(buffer);
    const attachment = new Attachment(buffer);
    this.#byBuffer.set(buffer, attachment);
    return attachment;
  }

  /** Forgets an attachment that the kernel does not know any more. */
  forget(attachment: Attachment): void {
    attachment.gone = true;
    this.#byBuffer.delete(attachment.buffer);
  }

  /** Detaches, which cancels the transfer in flight. */
  detach(attachment: Attachment): void {
    this.forget(attachment);
    try {
      this.#endpoint.detach(attachment.buffer);
    } catch (error) {
      // Endpoint or buffer are closed, or the function is not bound (any more, or to this controller). Its transfer
      // has been cancelled by that, and the attachment goes with the endpoint file at the latest.
      if (!GONE.some((code) => isKernelError(error, code))) throw error;
    }
  }

  /** Detaches every buffer that no transfer uses. */
  detachIdle(): void {
    for (const attachment of this.#byBuffer.values()) if (!attachment.busy) this.detach(attachment);
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
