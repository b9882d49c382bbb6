import { type Clock, Errno, isKernelError, type KernelError } from '@gadgetloom/core';
import { type EndpointFile, type EndpointUser, endpointStopped } from '@gadgetloom/functionfs';
import { type Attachment, Attachments } from './attachments.ts';
import type { TransferPath } from './completion.ts';
import { copyThrough } from './copy-path.ts';
import type { CompleteOptions } from './engine-options.ts';
import { EnableGate, untilFree } from './readiness.ts';
import { disabledError, noDmaBufError, reactionTo } from './refusal.ts';
import type { CopyReason } from './statistics.ts';
import { QUEUED, READY, type Transfer } from './transfer.ts';

/** The part of an engine that its starter uses. */
export interface StarterHost {
  /** The engine, as the endpoint knows it. It starts READY transfers, oldest first. */
  readonly user: EndpointUser;
  /** Called when nothing can be started any more. */
  fail(error: unknown): void;
  trace(what: string): void;
}

/** Attaches buffers, submits transfers, and handles the errors of the kernel. */
export class TransferStarter {
  readonly #endpoint: EndpointFile;
  readonly #options: CompleteOptions;
  readonly #clock: Clock;
  readonly #host: StarterHost;
  readonly #attachments: Attachments;
  readonly #gate: EnableGate;
  #path: TransferPath = 'dmabuf';
  /** True while the copying path moves a transfer. It moves one at a time. */
  #copying = false;
  /** What is awaited before the next transfer can be started. */
  #held: Promise<void> | undefined;
  #stopped = false;
  #everStarted = false;
  #attachRefused = false;

  constructor(endpoint: EndpointFile, options: CompleteOptions, host: StarterHost) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#clock = options.clock;
    this.#host = host;
    this.#attachments = new Attachments(endpoint, host.user, options.attachments);
    this.#gate = new EnableGate(endpoint, options.clock);
  }

  /**
   * Waits for the endpoint to be enabled for the first time. Nothing is attached before: kernels that do not know the
   * endpoint's direction until then would map for the wrong one.
   */
  open(): void {
    if (this.#options.scatterGather === false) this.#noDmaBuf('EPERM');
    this.#awaitEnabled();
  }

  /** Starts a READY transfer, or ends one that can never start. Returns false if it must wait. */
  start(transfer: Transfer): boolean {
    if (this.#held || this.#stopped) return false;
    if (this.#path === 'copy') return this.#startCopy(transfer);
    const { buffer } = transfer;
    let attachment = this.#attachments.find(buffer);
    if (attachment?.busy) return false;
    try {
      if (attachment === undefined) {
        attachment = this.#attachments.attach(buffer);
        this.#attachRefused = false;
      }
      const fence = this.#endpoint.transfer(buffer, transfer.length);
      transfer.submittedAt = fence.queuedAt ?? this.#clock.now();
      transfer.attachment = attachment;
      attachment.busy = true;
      this.#started(transfer);
      if (!fence.addCallback(transfer)) transfer.fenceSignaled(fence);
    } catch (error) {
      this.#refused(transfer, attachment, error);
    }
    return true;
  }

  /** Detaches a transfer's buffer. One that is in flight is cancelled, on either path, and ends as soon as it can. */
  letGo(transfer: Transfer): void {
    if (transfer.attachment !== undefined) this.#attachments.detach(transfer.attachment);
    else if (transfer.state === QUEUED) this.#endpoint.interrupt();
  }

  /**
   * The endpoint was disabled. It may be unbound as well, and then the kernel must not even be asked to take a transfer
   * (ffs_dmabuf_find_attachment would dereference NULL): everything waits until it is enabled again.
   */
  disabled(): void {
    if (!this.#stopped && !this.#gate.closed) this.#awaitEnabled();
  }

  /** Stops starting transfers and waiting. */
  stop(): void {
    this.#stopped = true;
    // An interrupt would end the copy of another engine too; the endpoint is enabled then, and asking takes no time.
    this.#gate.abandon(!this.#endpoint.use.copying);
  }

  detachIdle(): void {
    this.#attachments.detachIdle();
  }

  #started(transfer: Transfer): void {
    transfer.state = QUEUED;
    transfer.path = this.#path;
    this.#options.statistics.inFlight++;
    if (this.#path === 'dmabuf') this.#taken();
  }

  /** Called when the kernel has taken a transfer. A copy only tells that when it is over. */
  #taken(): void {
    this.#everStarted = true;
    this.#gate.passed();
  }

  #refused(transfer: Transfer, attachment: Attachment | undefined, error: unknown): void {
    const reaction = isKernelError(error) ? reactionTo(error, this.#endpoint.fd < 0) : 'give up';
    if (reaction === 'give up') this.#host.fail(error);
    else if (reaction === 'await endpoint') this.#notEnabled(error as KernelError);
    else if (reaction === 'no dmabuf') this.#noDmaBuf('ENOTTY');
    else if (reaction === 'await buffer') this.#awaitBuffer(transfer, error as KernelError);
    else if (reaction === 'refuse transfer') transfer.refuse(error as KernelError, this.#clock.now());
    else if (attachment === undefined) this.#attachDenied(transfer, error as KernelError);
    else this.#attachmentLost(transfer, attachment, error as KernelError);
  }

  #notEnabled(error: KernelError): void {
    if (this.#everStarted && this.#options.onDisable === 'fail')
      this.#host.fail(error.code === 'ENODEV' ? error : disabledError(this.#endpoint.gadgetName));
    else this.#awaitEnabled();
  }

  #awaitEnabled(): void {
    this.#host.trace('endpoint awaited');
    this.#hold(this.#gate.wait());
  }

  #awaitBuffer(transfer: Transfer, error: KernelError): void {
    if (transfer.busySince < 0) transfer.busySince = this.#clock.now();
    const free = untilFree(transfer.buffer, this.#endpoint.direction, this.#clock, transfer.busySince);
    this.#hold(
      free.then((isFree) => {
        if (!isFree && transfer.state === READY) transfer.refuse(error, this.#clock.now());
      }),
    );
  }

  /** EPERM of ATTACH: not bound, or no scatter-gather. An endpoint that is enabled is bound: ask again when it is. */
  #attachDenied(transfer: Transfer, error: KernelError): void {
    if (!this.#attachRefused) {
      this.#attachRefused = true;
      this.#awaitEnabled();
    } else if (this.#options.scatterGather) transfer.refuse(error, this.#clock.now());
    else this.#noDmaBuf('EPERM');
  }

  /** EPERM of TRANSFER: somebody detached the buffer, or the gadget was bound to another controller. */
  #attachmentLost(transfer: Transfer, attachment: Attachment, error: KernelError): void {
    this.#attachments.forget(attachment);
    if (transfer.reattached) transfer.refuse(error, this.#clock.now());
    transfer.reattached = true;
  }

  #noDmaBuf(code: CopyReason): void {
    if (this.#options.fallback === 'error') this.#host.fail(noDmaBufError(code));
    else {
      this.#path = 'copy';
      this.#options.statistics.copying = code;
      this.#host.trace('copying path');
    }
  }

  #hold(until: Promise<void>): void {
    this.#held = until;
    const over = (then: () => void): void => {
      if (this.#held !== until) return;
      this.#held = undefined;
      then();
    };
    until.then(
      () => over(() => this.#host.user.startMore()),
      (error) => over(() => this.#host.fail(error)),
    );
  }

  #startCopy(transfer: Transfer): boolean {
    if (this.#copying) return false;
    if (this.#endpoint.closing) {
      this.#host.fail(endpointStopped('transfer through', this.#endpoint.gadgetName));
      return false;
    }
    if (!this.#endpoint.use.takeTurn(this.#host.user)) return false;
    this.#copying = true;
    transfer.submittedAt = this.#clock.now();
    this.#started(transfer);
    copyThrough(this.#endpoint, transfer, () => this.#stopped).then(
      (actual) =>
        this.#copied(() => {
          this.#taken();
          transfer.end(0, actual);
        }),
      (error) => this.#copied(() => this.#copyFailed(transfer, error)),
    );
    return true;
  }

  #copied(then: () => void): void {
    this.#copying = false;
    then();
    this.#endpoint.use.turnOver();
  }

  #copyFailed(transfer: Transfer, error: unknown): void {
    if (!isKernelError(error)) {
      transfer.end(-Errno.EIO, transfer.actual);
      this.#host.fail(error);
    } else if (this.#stopped && (error.code === 'EINTR' || error.code === 'EAGAIN')) {
      // Cancelling gives the same status on both paths.
      transfer.end(-Errno.ECONNRESET, transfer.actual);
    } else if (error.code === 'EAGAIN') {
      transfer.state = READY;
      this.#options.statistics.inFlight--;
      this.#awaitTurn(error);
    } else {
      this.#taken();
      transfer.error = error;
      transfer.end(-error.errno, transfer.actual);
      if (error.code === 'ENODEV' || reactionTo(error, this.#endpoint.fd < 0) === 'give up') this.#host.fail(error);
    }
  }

  /** EAGAIN of read and write: the endpoint is not enabled, or a call of others is under way. */
  #awaitTurn(error: KernelError): void {
    const inUse = this.#gate.waitUnused();
    this.#hold(
      inUse.then((wasEnabled) => {
        if (!wasEnabled && !this.#stopped) this.#notEnabled(error);
      }),
    );
  }
}
