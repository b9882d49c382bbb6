import { type Clock, isKernelError, KernelError } from '@gadgetloom/core';
import {
  type ClaimedEndpoint,
  DELAYED_STATUS,
  type DescriptorSpeed,
  type FunctionBinding,
  type SetupPacket,
  type UsbFunction,
  UsbRequest,
} from '@gadgetloom/udc';
import { BulkOnlyDisk, BulkOnlyRequest, KERNEL_DISK } from '@gadgetloom/usb-classes/mass-storage';
import { attempt, bulk, claim, describes } from '../serial/endpoint-set.ts';
import type { LunDirectory } from './lun-directory.ts';
import { INTERFACE_STRING, type MassStorageNumbers, massStorageDescriptors } from './mass-storage-descriptors.ts';
import { RequestPipes } from './request-pipes.ts';

/** Language of the kernel's strings: US English. */
const ENGLISH = 0x409;
/** Class requests to an interface. */
const CLASS_IN = 0xa1;
const CLASS_OUT = 0x21;

/** What binding gives the function. */
interface Bound {
  readonly binding: FunctionBinding;
  readonly numbers: MassStorageNumbers;
  readonly in: ClaimedEndpoint;
  readonly out: ClaimedEndpoint;
}

/** What `fsg_common` has for it. */
export interface MassStorageParts {
  readonly luns: readonly LunDirectory[];
  /** May halt its endpoints (`stall`). */
  readonly stall: boolean;
  readonly clock: Clock;
  /** Reports a defect: nothing that a host does may be one. */
  readonly failed: (error: unknown) => void;
}

/** Disks in a configuration (struct fsg_dev). Source: drivers/usb/gadget/function/f_mass_storage.c. */
export class MassStorageFunction implements UsbFunction {
  readonly name: string;
  readonly #parts: MassStorageParts;
  readonly #disk: BulkOnlyDisk;
  readonly #request = new UsbRequest();
  #bound: Bound | undefined;
  /** What the thread of the kernel does: one thing after the other (fsg_main_thread). */
  #thread: Promise<void> = Promise.resolve();
  #pipes: RequestPipes | undefined;
  #serving: Promise<void> = Promise.resolve();
  /** Counts the control requests: a status that comes after the next request is none of it (ep0_req_tag). */
  #requests = 0;

  /** @throws KernelError EINVAL there is no unit */
  constructor(name: string, parts: MassStorageParts) {
    this.name = name;
    this.#parts = parts;
    this.#disk = new BulkOnlyDisk({
      units: parts.luns.map(({ unit }) => unit),
      personality: KERNEL_DISK,
      stall: parts.stall,
    });
  }

  /** Resolves when no command is being done and none will. */
  get ended(): Promise<void> {
    return this.#thread;
  }

  /** fsg_bind. @throws KernelError ENODEV no endpoint fits */
  bind(binding: FunctionBinding): void {
    const [string] = binding.strings([{ language: ENGLISH, strings: [INTERFACE_STRING] }]);
    const first = this.#parts.luns[0]!.unit;
    for (const lun of this.#parts.luns) lun.nameAfter(first);
    const interfaceNumber = binding.interfaceId();
    const source = claim(binding, this.name, bulk(0x80, 'full'));
    const sink = claim(binding, this.name, bulk(0, 'full'));
    const numbers = { interfaceNumber, string: string!, in: source.address, out: sink.address };
    this.#bound = { binding, numbers, in: source, out: sink };
  }

  /** fsg_unbind. */
  unbind(): void {
    this.disable();
    this.#bound = undefined;
  }

  descriptors(speed: DescriptorSpeed): Uint8Array | undefined {
    const bound = this.#bound;
    return bound && describes(bound.binding, speed) ? massStorageDescriptors(bound.numbers, speed) : undefined;
  }

  /** fsg_set_alt: the thread enables the endpoints, and then lets the host's request end. */
  setAlternate(): number {
    const bound = this.#expectBound('set_alt');
    this.#stopServing();
    this.#inThread(() => {
      if (this.#bound !== bound) return;
      this.#serve(bound);
    });
    return DELAYED_STATUS;
  }

  /** fsg_disable. */
  disable(): void {
    const bound = this.#bound;
    if (bound === undefined) return;
    for (const { endpoint } of [bound.in, bound.out]) endpoint.disable();
    this.#stopServing();
  }

  /** fsg_setup. @throws KernelError EDOM another interface, value or length; EOPNOTSUPP */
  setup(setup: SetupPacket): number {
    const { binding, numbers } = this.#expectBound('setup');
    const tag = ++this.#requests;
    const { requestType, request, value, index, length } = setup;
    const own = (expected: number): void => {
      if (index === numbers.interfaceNumber && value === 0 && length === expected) return;
      throw new KernelError('EDOM', `setup ${this.name}`, 'its interface, value or length is not that of the request.');
    };
    if (request === BulkOnlyRequest.RESET && requestType === CLASS_OUT) {
      own(0);
      this.#reset(binding, tag);
      return DELAYED_STATUS;
    }
    if (request === BulkOnlyRequest.GET_MAX_LUN && requestType === CLASS_IN) {
      own(1);
      this.#answer(binding, Uint8Array.of(this.#disk.highestUnit));
      return 0;
    }
    throw new KernelError('EOPNOTSUPP', `setup ${this.name}`, 'f_mass_storage does not know this request.');
  }

  #reset(binding: FunctionBinding, tag: number): void {
    void this.#disk.reset().then(() => {
      if (this.#requests === tag && this.#bound?.binding === binding)
        attempt(() => this.#answer(binding, new Uint8Array(0)));
    });
  }

  #answer(binding: FunctionBinding, bytes: Uint8Array): void {
    this.#request.buffer = bytes;
    this.#request.length = bytes.length;
    binding.ep0.queue(this.#request);
  }

  /** do_set_interface, usb_composite_setup_continue, and then commands. */
  #serve({ binding, in: source, out: sink }: Bound): void {
    for (const { endpoint } of [source, sink]) endpoint.disable();
    try {
      for (const { endpoint } of [source, sink]) {
        binding.configureEndpoint(endpoint);
        endpoint.enable();
      }
    } catch (refusal) {
      if (!isKernelError(refusal)) throw refusal;
      binding.setupContinue();
      return;
    }
    const pipes = new RequestPipes(source.endpoint, sink.endpoint, this.#parts.clock);
    this.#pipes = pipes;
    const served = this.#disk.serve(pipes);
    this.#serving = served.then(() => {}, this.#parts.failed);
    binding.setupContinue();
  }

  /** Ends the session, which waits for the present command. */
  #stopServing(): void {
    const pipes = this.#pipes;
    if (pipes === undefined) return;
    pipes.stop();
    this.#pipes = undefined;
    this.#inThread(() => this.#serving);
  }

  #inThread(act: () => unknown): void {
    this.#thread = this.#thread.then(act).then(() => {}, this.#parts.failed);
  }

  #expectBound(what: string): Bound {
    if (this.#bound !== undefined) return this.#bound;
    throw new KernelError('ENODEV', `${what} ${this.name}`, 'the gadget is not bound.');
  }
}
