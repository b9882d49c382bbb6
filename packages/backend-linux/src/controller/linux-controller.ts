import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ControllerFeatures,
  GadgetConfig,
  UsbDeviceController,
  UsbDeviceState,
  UsbGadget,
  UsbSpeed,
} from '@gadgetloom/udc';
import { fileCall, fileCallAsync } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { EPOLLPRI, type Watch } from '../kernel/readiness.ts';
import { ensureConfigfs } from './configfs-mount.ts';
import { SPEED_NAMES } from './gadget-tree.ts';
import { LinuxGadget } from './linux-gadget.ts';
import { takesScatterGather } from './scatter-gather.ts';
import { type ControllerChoice, chooseController } from './udc-directory.ts';

const LONGEST_STATE = 64;

/** A controller in /sys/class/udc and the gadgets bound to it. Source: udc/core.c. */
export class LinuxController implements UsbDeviceController, Disposable {
  readonly name: string;
  readonly driver: string;
  readonly features: ControllerFeatures;
  readonly #kernel: LinuxKernel;
  readonly #path: string;
  readonly #callbacks = new Set<(state: UsbDeviceState) => void>();
  #stateFd = -1;
  #watch: Watch | undefined;
  #lastState: UsbDeviceState | undefined;

  /** @throws KernelError ENODEV no such controller */
  constructor(kernel: LinuxKernel, choice: ControllerChoice = {}) {
    const { name, driver, path, virtual } = chooseController(kernel.paths, choice);
    this.#kernel = kernel;
    this.#path = path;
    this.name = name;
    this.driver = driver;
    this.features = {
      scatterGather: takesScatterGather(driver),
      maximumSpeed: speedNamed(this.#read('maximum_speed')),
      endpoints: undefined,
      virtual,
    };
  }

  get state(): UsbDeviceState {
    return this.#read('state') as UsbDeviceState;
  }

  get speed(): UsbSpeed | undefined {
    return speedNamed(this.#read('current_speed'));
  }

  get function(): string | undefined {
    return this.#read('function') || undefined;
  }

  onStateChange(callback: (state: UsbDeviceState) => void): Disposable {
    // A wrapper, because the same function may subscribe twice.
    const own = (state: UsbDeviceState): void => callback(state);
    this.#callbacks.add(own);
    if (this.#callbacks.size === 1) this.#open();
    return {
      [Symbol.dispose]: () => {
        if (this.#callbacks.delete(own) && this.#callbacks.size === 0) this.#close();
      },
    };
  }

  connect(): Promise<void> {
    return this.#softConnect('connect');
  }

  disconnect(): Promise<void> {
    return this.#softConnect('disconnect');
  }

  async createGadget(config: GadgetConfig): Promise<UsbGadget> {
    ensureConfigfs(this.#kernel);
    return LinuxGadget.create(this.#kernel, this.name, config);
  }

  /** Called when the kernel notifies the state attribute. */
  ready(): void {
    const state = this.#readState();
    if (state === this.#lastState) return;
    this.#lastState = state;
    const { trace, clock } = this.#kernel;
    trace?.event({ at: clock.now(), source: 'udc', what: 'state', details: { controller: this.name, state } });
    for (const callback of [...this.#callbacks]) callback(state);
  }

  [Symbol.dispose](): void {
    this.#callbacks.clear();
    this.#close();
  }

  #open(): void {
    const path = join(this.#path, 'state');
    this.#stateFd = fileCall(`open ${path}`, () => openSync(path, 'r'));
    // sysfs notifies only changes since the last read.
    this.#lastState = this.#readState();
    this.#watch = this.#kernel.readiness.watch(this.#stateFd, EPOLLPRI, this);
  }

  #close(): void {
    this.#watch?.end();
    this.#watch = undefined;
    if (this.#stateFd >= 0) closeSync(this.#stateFd);
    this.#stateFd = -1;
  }

  #readState(): UsbDeviceState {
    const bytes = new Uint8Array(LONGEST_STATE);
    const count = fileCall('read state', () => readSync(this.#stateFd, bytes, 0, bytes.length, 0));
    return new TextDecoder().decode(bytes.subarray(0, count)).trim() as UsbDeviceState;
  }

  #softConnect(word: 'connect' | 'disconnect'): Promise<void> {
    return fileCallAsync(`soft_connect ${word}`, () => writeFile(join(this.#path, 'soft_connect'), word), {
      EOPNOTSUPP: 'No gadget is bound to the controller. Bind one first.',
      EACCES: 'Writing to sysfs requires root, or ownership of the file. Run as root, or see `gadgetloom setup`.',
    });
  }

  #read(attribute: string): string {
    const path = join(this.#path, attribute);
    return existsSync(path) ? fileCall(`read ${path}`, () => readFileSync(path, 'utf8')).trim() : '';
  }
}

function speedNamed(name: string): UsbSpeed | undefined {
  return (Object.keys(SPEED_NAMES) as UsbSpeed[]).find((speed) => SPEED_NAMES[speed] === name);
}
