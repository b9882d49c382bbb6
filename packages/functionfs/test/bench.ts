import { type ErrnoCode, isKernelError, TraceRecorder, VirtualClock } from '@gadgetloom/core';
import { ContiguousPages, type DmaBufFile, DmaBufModel, HeapModel } from '@gadgetloom/dmabuf/model';
import type { GadgetConfig } from '@gadgetloom/udc';
import { type ConfigfsGadget, FunctionRegistry, UdcModel } from '@gadgetloom/udc/model';
import {
  decodeEvents,
  encodeDescriptors,
  encodeStrings,
  type FunctionDescriptors,
  type MountOptions,
} from '../src/index.ts';
import { type EndpointFileModel, type Ep0FileModel, FunctionFsModel, type MountModel } from '../src/model/index.ts';
import { BenchController, type BenchControllerOptions } from './bench-controller.ts';
import { loopback } from './functions.ts';

export interface BenchOptions extends BenchControllerOptions {
  readonly descriptors?: FunctionDescriptors;
  readonly mount?: MountOptions;
  readonly firstInterface?: boolean;
  readonly strings?: readonly string[];
  /** Instances of the gadget, each in the first configuration; `['loop']` unless given. */
  readonly instances?: readonly string[];
  /** Link the functions into a second configuration as well. */
  readonly twoConfigurations?: boolean;
  /** The gadget has Microsoft OS descriptors. */
  readonly osDescriptors?: boolean;
}

/** A simulated kernel with one gadget, on a clock that jumps ahead when nothing is left to do. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly trace = new TraceRecorder();
  readonly dmabuf = new DmaBufModel({ clock: this.clock });
  readonly heap = new HeapModel({ model: this.dmabuf, name: 'system', pages: new ContiguousPages() });
  readonly functions = new FunctionRegistry();
  readonly options: BenchOptions;
  readonly ffs: FunctionFsModel;
  readonly controller: BenchController;
  readonly udc: UdcModel;
  readonly gadget: ConfigfsGadget;
  mount!: MountModel;
  ep0!: Ep0FileModel;

  constructor(options: BenchOptions = {}) {
    this.options = options;
    const { clock, trace, dmabuf, functions } = this;
    this.ffs = new FunctionFsModel({
      dmabuf,
      functions,
      clock,
      trace,
      ...(options.firstInterface !== undefined && { firstInterface: options.firstInterface }),
    });
    this.controller = new BenchController(options);
    this.udc = new UdcModel({ controller: this.controller, functions, clock });
    this.gadget = this.udc.makeGadget(gadgetConfig(options));
  }

  /** The instance mounted, ep0 open. */
  static async mounted(options: BenchOptions = {}): Promise<Bench> {
    const bench = new Bench(options);
    bench.mount = await bench.ffs.mount(options.instances?.[0] ?? 'loop', options.mount);
    bench.ep0 = await bench.mount.openEp0({ nonblock: true });
    return bench;
  }

  /** Descriptors and strings written. */
  static async active(options: BenchOptions = {}): Promise<Bench> {
    const bench = await Bench.mounted(options);
    await bench.describe();
    return bench;
  }

  /** Bound to the controller; the host has not configured the device. */
  static async bound(options: BenchOptions = {}): Promise<Bench> {
    const bench = await Bench.active(options);
    await bench.gadget.bind();
    return bench;
  }

  /** The host has selected configuration 1, and all events were read. */
  static async configured(options: BenchOptions = {}): Promise<Bench> {
    const bench = await Bench.bound(options);
    bench.controller.configure();
    await bench.events();
    return bench;
  }

  async describe(): Promise<void> {
    await this.ep0.write(encodeDescriptors(this.options.descriptors ?? loopback));
    await this.ep0.write(encodeStrings([{ language: 0x409, strings: this.options.strings ?? ['loopbk'] }]));
  }

  open(name: string, nonblock = false): Promise<EndpointFileModel> {
    return this.mount.openEndpoint(name, { nonblock });
  }

  /** Types of the events that are queued, oldest first. */
  async events(): Promise<string> {
    const bytes = new Uint8Array(4 * 12);
    try {
      const length = await this.ep0.read(bytes);
      return decodeEvents(bytes.subarray(0, length))
        .map(({ type }) => type)
        .join(' ');
    } catch (error) {
      if (isKernelError(error)) return error.code;
      throw error;
    }
  }

  allocate(size = 4096): DmaBufFile {
    return this.heap.allocate({ size }) as DmaBufFile;
  }

  /** What the trace says about hazards. */
  get hazards(): readonly string[] {
    return this.trace.events
      .filter(({ what }) => what === 'hazard')
      .map(({ details }) => String(details?.['operation']));
  }
}

function gadgetConfig(options: BenchOptions): GadgetConfig {
  const functions = (options.instances ?? ['loop']).map((instance) => ({ type: 'ffs', instance }));
  const values = options.twoConfigurations ? [1, 2] : [1];
  return {
    name: 'g1',
    vendorId: 0x1d6b,
    productId: 0x0104,
    ...(options.osDescriptors && { osDescriptors: { vendorCode: 1 } }),
    configurations: values.map((value) => ({ value, functions })),
  };
}

/** The errno of a call that may throw or reject; `'0'` if it succeeds, or the number that it gives. */
export async function outcome(call: () => unknown): Promise<string> {
  try {
    const result = await call();
    return typeof result === 'number' ? String(result) : '0';
  } catch (error) {
    if (isKernelError(error)) return error.code;
    throw error;
  }
}

/** Lets everything run that is due now. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a promise has come to so far: its outcome, or `'pending'`. */
export async function soFar(promise: Promise<unknown>): Promise<string> {
  let state = 'pending';
  promise.then(
    (value) => {
      state = typeof value === 'number' ? String(value) : '0';
    },
    (error) => {
      state = isKernelError(error) ? error.code : String(error);
    },
  );
  await settle();
  return state;
}

/** Name of a fence's status: `'active'`, `'done'`, or the errno. */
export type FenceState = 'active' | 'done' | ErrnoCode;
