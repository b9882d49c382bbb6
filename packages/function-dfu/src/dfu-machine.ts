import { DfuImage } from './dfu-image.ts';
import { DfuError, type DfuState, type DfuStatus, encodeStatus } from './dfu-protocol.ts';
import { UploadReader, type UploadSource } from './upload-reader.ts';

/** Takes an image. The image is accepted when the promise resolves, and refused when it rejects. */
export type DownloadHandler = (image: DfuImage) => unknown;
/** Gives the image that a host uploads. */
export type UploadHandler = () => UploadSource | Promise<UploadSource>;

/** What the state machine needs. */
export interface DfuMachineOptions {
  /** Most bytes of a block. */
  readonly transferSize: number;
  /** Milliseconds that the host waits before it asks again, while the device is busy. */
  readonly pollTimeout: number;
  readonly download: boolean;
  readonly upload: boolean;
  readonly manifestationTolerant: boolean;
  readonly onDownload: () => DownloadHandler | undefined;
  readonly onUpload: () => UploadHandler | undefined;
  /** Gets the errors of handlers. */
  readonly failed: (error: unknown) => void;
  readonly tell: (text: string) => void;
}

/** The device in DFU mode (DFU 1.1, appendix A.2). A refused request is answered with `false`: a stall. */
export class DfuMachine {
  readonly #options: DfuMachineOptions;
  #state: DfuState = 'dfuIDLE';
  #status: DfuStatus = 'OK';
  #image: DfuImage | undefined;
  /** True once the handler of the image has ended well. */
  #accepted = false;
  #upload: UploadReader | undefined;

  constructor(options: DfuMachineOptions) {
    this.#options = options;
  }

  get state(): DfuState {
    return this.#state;
  }

  get status(): DfuStatus {
    return this.#status;
  }

  /** DNLOAD. @param data reads the block, which accepts the request */
  async download(length: number, data: () => Promise<Uint8Array>): Promise<boolean> {
    const { transferSize, download, onDownload } = this.#options;
    const begins = this.#state === 'dfuIDLE';
    if (!download || (!begins && this.#state !== 'dfuDNLOAD-IDLE')) return this.#unexpected();
    if (length > transferSize || (begins && length === 0)) return this.#unexpected();
    if (length === 0) {
      this.#state = 'dfuMANIFEST-SYNC';
      this.#image?.complete();
      return true;
    }
    if (begins) {
      const handler = onDownload();
      if (handler === undefined) {
        this.#options.tell('refused an image: the program takes none');
        return this.#fail('errTARGET');
      }
      this.#begin(handler);
    }
    const image = this.#image!;
    this.#state = 'dfuDNLOAD-SYNC';
    image.push(await data());
    return true;
  }

  /** UPLOAD. */
  async upload(length: number): Promise<Uint8Array | false> {
    const { upload, onUpload, transferSize } = this.#options;
    const begins = this.#state === 'dfuIDLE';
    if (!upload || (!begins && this.#state !== 'dfuUPLOAD-IDLE') || length > transferSize) return this.#unexpected();
    try {
      if (begins) {
        const handler = onUpload();
        if (handler === undefined) return this.#fail('errTARGET');
        this.#upload = new UploadReader(await handler());
        this.#state = 'dfuUPLOAD-IDLE';
      }
      const block = await this.#upload!.read(length);
      if (block.length < length) {
        this.#state = 'dfuIDLE';
        await this.#endUpload();
      }
      return block;
    } catch (error) {
      return this.#failed(error, 'errUNKNOWN');
    }
  }

  /** GETSTATUS. It moves the machine on. */
  getStatus(): Uint8Array {
    let wait = 0;
    if (this.#state === 'dfuDNLOAD-SYNC' || this.#state === 'dfuDNBUSY') {
      const busy = this.#image?.waiting === true && !this.#accepted;
      this.#state = busy ? 'dfuDNBUSY' : 'dfuDNLOAD-IDLE';
      wait = busy ? this.#options.pollTimeout : 0;
    } else if (this.#state === 'dfuMANIFEST-SYNC' || this.#state === 'dfuMANIFEST') {
      if (!this.#accepted) {
        this.#state = 'dfuMANIFEST';
        wait = this.#options.pollTimeout;
      } else {
        this.#state = this.#options.manifestationTolerant ? 'dfuIDLE' : 'dfuMANIFEST-WAIT-RESET';
        this.#image = undefined;
      }
    }
    return encodeStatus(this.#status, wait, this.#state);
  }

  /** CLRSTATUS. */
  clearStatus(): boolean {
    if (this.#state !== 'dfuERROR') return this.#unexpected();
    this.#toIdle();
    return true;
  }

  /** ABORT. */
  abort(): boolean {
    if (!['dfuIDLE', 'dfuDNLOAD-SYNC', 'dfuDNLOAD-IDLE', 'dfuMANIFEST-SYNC', 'dfuUPLOAD-IDLE'].includes(this.#state))
      return this.#unexpected();
    this.#toIdle();
    return true;
  }

  /** The host reset the device, or left. */
  reset(): void {
    this.#toIdle();
  }

  #toIdle(): void {
    this.#image?.abort();
    this.#image = undefined;
    this.#state = 'dfuIDLE';
    this.#status = 'OK';
    void this.#endUpload();
  }

  async #endUpload(): Promise<void> {
    const upload = this.#upload;
    this.#upload = undefined;
    await upload?.close().catch((error: unknown) => this.#options.failed(error));
  }

  #begin(handler: DownloadHandler): void {
    const image = new DfuImage();
    this.#image = image;
    this.#accepted = false;
    this.#options.tell('an image comes');
    void (async () => {
      try {
        await handler(image);
        if (this.#image !== image) return;
        this.#accepted = true;
        this.#options.tell(`accepted an image of ${image.bytes} bytes`);
      } catch (error) {
        if (image.signal.aborted) {
          this.#options.tell('the host ended the download');
          if (error !== image.signal.reason) this.#options.failed(error);
        } else this.#failed(error, this.#state.startsWith('dfuMANIFEST') ? 'errFIRMWARE' : 'errWRITE');
      }
    })();
  }

  /** A request that the state does not allow is stalled, and an error (DFU 1.1, A.2). */
  #unexpected(): false {
    if (this.#state === 'dfuERROR') return false;
    return this.#fail('errSTALLEDPKT');
  }

  #fail(status: DfuStatus): false {
    this.#image?.abort();
    this.#image = undefined;
    this.#state = 'dfuERROR';
    this.#status = status;
    void this.#endUpload();
    return false;
  }

  #failed(error: unknown, status: DfuStatus): false {
    if (error instanceof DfuError) this.#options.tell(`refused the image: ${error.message}`);
    else this.#options.failed(error);
    return this.#fail(error instanceof DfuError ? error.status : status);
  }
}
