import { defineFunction, type FunctionContext } from '@gadgetloom/gadget';
import { z } from 'zod';
import { DfuMachine, type DownloadHandler, type UploadHandler } from './dfu-machine.ts';
import { DFU_STATES, DfuRequest, type DfuState, type DfuStatus, encodeStatus } from './dfu-protocol.ts';

/** bInterfaceProtocol (DFU 1.1, 4.2.1 and 4.2.3). */
const PROTOCOL = { runtime: 1, dfu: 2 } as const;

const options = z.strictObject({
  /** `'dfu'`: the host transfers images. `'runtime'`: the host can only ask the device to change to DFU mode. */
  mode: z.enum(['dfu', 'runtime']).default('dfu'),
  /** wTransferSize: most bytes of a block. Linux gadgets take at most 4096 (composite.c, USB_COMP_EP0_BUFSIZ). */
  transferSize: z.int().min(8).max(4096).default(4096),
  /** The host can write images. */
  download: z.boolean().default(true),
  /** The host can read images. */
  upload: z.boolean().default(true),
  /** The device still answers after it has taken an image. */
  manifestationTolerant: z.boolean().default(true),
  /** The device changes to DFU mode by itself, without a reset of the bus. */
  willDetach: z.boolean().default(true),
  /** wDetachTimeOut: most milliseconds from DETACH to the reset of the bus. */
  detachTimeout: z.int().min(0).max(65_535).default(1000),
  /** Milliseconds that a host waits before it asks again while the device is busy. */
  pollTimeout: z.int().min(0).max(0xff_ffff).default(10),
  /** Name of the interface (iInterface); dfu-util shows it as the name of the alternate setting. */
  name: z.string().optional(),
  /** File that takes downloaded images and is uploaded, until the program has handlers of its own. Needs Node. */
  file: z.string().optional(),
});

/** What `stack.function(NAME)` gives to the program. */
export interface Dfu {
  /** The state that the host would read. */
  readonly state: DfuState;
  readonly status: DfuStatus;
  /**
   * Sets who takes images. The image is accepted when the promise of the handler resolves, and refused when it rejects:
   * with the status of a `DfuError`, or else errWRITE before the end of the image and errFIRMWARE after it.
   */
  onDownload(handler: DownloadHandler): void;
  /** Sets who gives the image that a host reads. */
  onUpload(handler: UploadHandler): void;
  /**
   * Calls back when the host has asked the device to change to DFU mode: after DETACH, and where `willDetach` is false
   * after the reset of the bus that follows. Close the stack then, and compose the one in DFU mode.
   */
  onDetach(listener: () => void): Disposable;
}

/**
 * A firmware updater (DFU 1.1).
 *
 * @example
 * const gadget = defineGadget({ vendorId, productId, functions: { update: dfu({ transferSize: 4096 }) } });
 * stack.function('update').onDownload((image) => flash(image));
 */
export const dfu = defineFunction({
  kind: 'dfu',
  options,
  describe: ({ mode, name, transferSize, detachTimeout, ...attributes }) => ({
    class: 0xfe,
    subclass: 1,
    protocol: PROTOCOL[mode],
    ...(name !== undefined && { description: name }),
    dfu: {
      transferSize,
      detachTimeout,
      attributes: {
        download: attributes.download,
        upload: attributes.upload,
        manifestationTolerant: attributes.manifestationTolerant,
        willDetach: attributes.willDetach,
      },
    },
  }),
  async start(fn, chosen): Promise<Dfu> {
    const files = chosen.file === undefined ? undefined : await handlersOf(chosen.file);
    return chosen.mode === 'dfu' ? dfuMode(fn, chosen, files) : runtimeMode(fn, chosen);
  },
});

type Options = z.output<typeof options>;
interface Handlers {
  readonly download: DownloadHandler;
  readonly upload: UploadHandler;
}

async function handlersOf(file: string): Promise<Handlers> {
  const { fileHandlers } = await import('./node/image-file.ts');
  return fileHandlers(file);
}

function dfuMode(fn: FunctionContext, chosen: Options, files: Handlers | undefined): Dfu {
  let download = files?.download;
  let upload = files?.upload;
  const machine = new DfuMachine({
    ...chosen,
    onDownload: () => download,
    onUpload: () => upload,
    failed: (error) => fn.report(error),
    tell: (text) => fn.tell(text),
  });
  const on = (request: number, direction: 'in' | 'out') => ({ type: 'class', request, direction }) as const;
  fn.onRequest(on(DfuRequest.DNLOAD, 'out'), (request) => machine.download(request.length, () => request.data()));
  fn.onRequest(on(DfuRequest.UPLOAD, 'in'), ({ length }) => machine.upload(length));
  fn.onRequest(on(DfuRequest.GETSTATUS, 'in'), () => machine.getStatus());
  fn.onRequest(on(DfuRequest.CLRSTATUS, 'out'), () => machine.clearStatus());
  fn.onRequest(on(DfuRequest.GETSTATE, 'in'), () => Uint8Array.of(DFU_STATES.indexOf(machine.state)));
  fn.onRequest(on(DfuRequest.ABORT, 'out'), () => machine.abort());
  // An enumeration begins anew, and a host that left comes back to an idle device.
  fn.onEnabled(() => machine.reset());
  return {
    get state() {
      return machine.state;
    },
    get status() {
      return machine.status;
    },
    onDownload(handler) {
      download = handler;
    },
    onUpload(handler) {
      upload = handler;
    },
    onDetach: () => ({ [Symbol.dispose]: () => {} }),
  };
}

function runtimeMode(fn: FunctionContext, { willDetach, detachTimeout }: Options): Dfu {
  const listeners = new Set<() => void>();
  let state: DfuState = 'appIDLE';
  let timer: { cancel(): void } | undefined;
  const detached = (): void => {
    timer?.cancel();
    state = 'appIDLE';
    fn.tell('the host asks for DFU mode');
    for (const listener of [...listeners]) listener();
  };
  const on = (request: number, direction: 'in' | 'out') => ({ type: 'class', request, direction }) as const;
  fn.onRequest(on(DfuRequest.DETACH, 'out'), ({ value, length }) => {
    if (length > 0) return false;
    state = 'appDETACH';
    // The host gets its answer before the device leaves the bus.
    if (willDetach) fn.clock.defer(detached);
    else {
      timer?.cancel();
      timer = fn.clock.setTimer(Math.min(value, detachTimeout) * 1_000_000, () => {
        state = 'appIDLE';
      });
    }
    return true;
  });
  fn.onRequest(on(DfuRequest.GETSTATUS, 'in'), () => encodeStatus('OK', 0, state));
  fn.onRequest(on(DfuRequest.GETSTATE, 'in'), () => Uint8Array.of(DFU_STATES.indexOf(state)));
  fn.onEnabled((enabled) => {
    if (!enabled && state === 'appDETACH' && !willDetach) detached();
  });
  fn.onClose(() => timer?.cancel());
  return {
    get state() {
      return state;
    },
    status: 'OK',
    onDownload: () => {},
    onUpload: () => {},
    onDetach(listener) {
      const own = (): void => listener();
      listeners.add(own);
      return { [Symbol.dispose]: () => void listeners.delete(own) };
    },
  };
}
