import { KernelError, type Plugin } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER, type DmaBuf, type DmaBufExporter } from '@gadgetloom/dmabuf';
import {
  type EndpointFile,
  type Ep0File,
  FUNCTION_FS,
  type FunctionFs,
  type FunctionFsMount,
} from '@gadgetloom/functionfs';
import { USB_DEVICE_CONTROLLER, type UsbDeviceController, type UsbGadget } from '@gadgetloom/udc';

/**
 * The ports of a kernel that does nothing but count: what is open, in which order it was opened and closed, and at which
 * step it fails.
 */
export class FakeKernel {
  /** What was opened and not closed. */
  readonly open: string[] = [];
  /** Every step, in order. */
  readonly steps: string[] = [];
  /** Number of the step that fails, from 0. */
  failAt = Number.POSITIVE_INFINITY;
  /** What fails to close. */
  unclosable: string | undefined;
  bound = false;

  /** The ports, as a plugin. */
  plugin(): Plugin {
    return {
      name: 'fake',
      provides: [DMA_BUF_EXPORTER, FUNCTION_FS, USB_DEVICE_CONTROLLER],
      probe: () => ({ ok: true }),
      register: (container) => {
        container.register(DMA_BUF_EXPORTER, { useFactory: () => this.#exporter() });
        container.register(FUNCTION_FS, { useFactory: () => this.#functionFs() });
        container.register(USB_DEVICE_CONTROLLER, { useFactory: () => this.#controller() });
      },
    };
  }

  /** Does one step, or fails. */
  step(name: string): void {
    if (this.steps.length === this.failAt) throw new KernelError('EIO', name, 'the step that is to fail.');
    this.steps.push(name);
  }

  opened(name: string): void {
    this.step(`open ${name}`);
    this.open.push(name);
  }

  closed(name: string): void {
    const at = this.open.indexOf(name);
    if (at < 0) throw new Error(`${name} is closed twice, or was never open.`);
    this.open.splice(at, 1);
    this.steps.push(`close ${name}`);
    if (name === this.unclosable) throw new KernelError('EBUSY', `close ${name}`);
  }

  #exporter(): DmaBufExporter & Disposable {
    this.opened('exporter');
    return {
      name: 'fake',
      allocate: ({ name = 'buffer' }) => this.#buffer(name),
      [Symbol.dispose]: () => this.closed('exporter'),
    };
  }

  #buffer(name: string): DmaBuf {
    this.opened(name);
    let fd = 3;
    const close = () => {
      if (fd >= 0) this.closed(name);
      fd = -1;
    };
    const buffer: Partial<DmaBuf> = {
      get fd() {
        return fd;
      },
      close,
    };
    return buffer as DmaBuf;
  }

  #functionFs(): FunctionFs & Disposable {
    this.opened('functionfs');
    return {
      mount: async (instance) => this.#mount(instance),
      [Symbol.dispose]: () => this.closed('functionfs'),
    };
  }

  #mount(instance: string): FunctionFsMount {
    this.opened(`mount ${instance}`);
    const unmount = async () => {
      const files = this.open.filter((name) => name.startsWith(`${instance}/`));
      if (files.length > 0) throw new KernelError('EBUSY', 'umount', files.join());
      this.closed(`mount ${instance}`);
    };
    return {
      instance,
      path: undefined,
      files: async () => [],
      openEp0: async () => this.#file(`${instance}/ep0`),
      openEndpoint: async (name, { gadgetName = name } = {}) => {
        const does = { settle: async () => 0, stop: () => {}, interrupt: () => {} };
        const file = { ...this.#file(`${instance}/${name}`), ...does, gadgetName, attachments: [] };
        return file as unknown as EndpointFile;
      },
      unmount,
      [Symbol.asyncDispose]: unmount,
    };
  }

  #file(name: string): Ep0File {
    this.opened(name);
    return {
      fd: 4,
      nonblock: true,
      write: async (bytes) => {
        this.step(`write ${name}`);
        return bytes.length;
      },
      read: () => Promise.reject(new KernelError('EAGAIN', `read ${name}`)),
      poll: () => 0,
      ready: () => new Promise<number>(() => {}),
      interfaceRevmap: async () => 0,
      close: () => this.closed(name),
      [Symbol.dispose]: () => this.closed(name),
    };
  }

  #controller(): UsbDeviceController & Disposable {
    this.opened('controller');
    return {
      name: 'fake.0',
      driver: 'fake',
      features: { scatterGather: true, maximumSpeed: 'super', endpoints: undefined, virtual: true },
      state: 'not attached',
      speed: undefined,
      function: undefined,
      onStateChange: () => {
        this.opened('watch');
        return { [Symbol.dispose]: () => this.closed('watch') };
      },
      connect: async () => {},
      disconnect: async () => {
        this.steps.push('disconnect');
      },
      createGadget: async () => this.#gadget(),
      [Symbol.dispose]: () => this.closed('controller'),
    };
  }

  #gadget(): UsbGadget {
    this.opened('gadget');
    const unbind = async () => {
      this.bound = false;
      this.closed('bind');
    };
    const isBound = () => this.bound;
    return {
      name: 'fake',
      get bound() {
        return isBound();
      },
      bind: async () => {
        this.opened('bind');
        this.bound = true;
      },
      unbind,
      [Symbol.asyncDispose]: async () => this.closed('gadget'),
    };
  }
}
