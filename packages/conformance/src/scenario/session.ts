import { KernelError, type OpenFile } from '@gadgetloom/core';
import type { DmaBuf, SyncFile } from '@gadgetloom/dmabuf';
import type { EndpointFile, Ep0File, FunctionFsMount } from '@gadgetloom/functionfs';
import type { UsbGadget } from '@gadgetloom/udc';
import { encodeScenarioDescriptors, encodeScenarioStrings, SCENARIO_ENDPOINTS, scenarioGadget } from './gadget.ts';
import type { ScenarioStack } from './target.ts';

/** A descriptor that is not open: what `none`, and names that were never made, stand for. */
const NOTHING: OpenFile = { fd: -1, close() {}, [Symbol.dispose]() {} };

const isDmaBuf = (file: OpenFile): file is DmaBuf => 'exportSyncFile' in file;
export const isSyncFile = (file: OpenFile): file is SyncFile => 'info' in file && 'fence' in file;

/** Everything that one scenario has open: the gadget, its files, and the files that operations made, by name. */
export class ScenarioSession implements AsyncDisposable {
  readonly stack: ScenarioStack;
  readonly gadget: UsbGadget;
  readonly mount: FunctionFsMount;
  readonly ep0: Ep0File;
  /** The newest open file of each endpoint, by name. */
  readonly endpoints = new Map<string, EndpointFile>();
  /** Background operations by their number. */
  readonly background = new Map<string, Promise<string>>();
  readonly #files = new Map<string, OpenFile>();
  readonly #opened: OpenFile[] = [];

  private constructor(stack: ScenarioStack, gadget: UsbGadget, mount: FunctionFsMount, ep0: Ep0File) {
    this.stack = stack;
    this.gadget = gadget;
    this.mount = mount;
    this.ep0 = ep0;
  }

  /** Makes the gadget that every scenario starts with: descriptors and strings written, endpoints open, not bound. */
  static async open(stack: ScenarioStack): Promise<ScenarioSession> {
    const gadget = await stack.controller.createGadget(scenarioGadget);
    const mount = await stack.functionFs.mount(scenarioGadget.configurations[0]!.functions[0]!.instance);
    const ep0 = await mount.openEp0();
    const session = new ScenarioSession(stack, gadget, mount, ep0);
    await ep0.write(encodeScenarioDescriptors());
    await ep0.write(encodeScenarioStrings());
    for (const { file } of SCENARIO_ENDPOINTS) session.keepEndpoint(await mount.openEndpoint(file));
    return session;
  }

  keepEndpoint(file: EndpointFile): void {
    this.endpoints.set(file.name, file);
    this.#opened.push(file);
  }

  keep(name: string, file: OpenFile): void {
    this.#files.set(name, file);
    this.#opened.push(file);
  }

  /** The file of that name; an unopened descriptor if there is none. */
  file(name: string): OpenFile {
    return this.#files.get(name) ?? NOTHING;
  }

  /** The endpoint file of that name. @throws KernelError EBADF */
  endpoint(name: string): EndpointFile {
    const file = this.endpoints.get(name);
    if (file === undefined) throw new KernelError('EBADF', name, `there is no endpoint file "${name}".`);
    return file;
  }

  /** The endpoint file of that name, for a call that has no other way to see that it was closed. @throws KernelError EBADF */
  openEndpoint(name: string): EndpointFile {
    const file = this.endpoint(name);
    if (file.fd < 0) throw new KernelError('EBADF', name, `"${name}" is not open.`);
    return file;
  }

  /** Place of an endpoint in the interface's descriptors, from 0. */
  endpointIndex(name: string): number {
    const index = SCENARIO_ENDPOINTS.findIndex(({ file }) => file === name);
    if (index < 0) throw new KernelError('ENOENT', name, `the scenario's gadget has no endpoint "${name}".`);
    return index;
  }

  /** The dma-buf of that name, for an ioctl on it. @throws KernelError EBADF not open; ENOTTY something else */
  buffer(name: string): DmaBuf {
    const file = this.openFile(name);
    if (!isDmaBuf(file)) throw new KernelError('ENOTTY', name, `"${name}" is not a dma-buf.`);
    return file;
  }

  /** The sync file of that name, for an ioctl on it. @throws KernelError EBADF not open; ENOTTY something else */
  syncFile(name: string): SyncFile {
    const file = this.openFile(name);
    if (!isSyncFile(file)) throw new KernelError('ENOTTY', name, `"${name}" is not a sync file.`);
    return file;
  }

  /** A file that can be waited for, if it is one. */
  pollable(name: string): (OpenFile & { ready(events: number, timeout?: number): Promise<number> }) | undefined {
    const file = this.file(name);
    if (isDmaBuf(file)) return file;
    if (!isSyncFile(file)) return undefined;
    const sync: SyncFile = file;
    return {
      fd: sync.fd,
      close: () => sync.close(),
      [Symbol.dispose]: () => sync.close(),
      ready: async (events, timeout) => (await sync.ready(timeout)) & events,
    };
  }

  /** @throws KernelError EBADF not open */
  openFile(name: string): OpenFile {
    const file = this.file(name);
    if (file.fd < 0) throw new KernelError('EBADF', name, `"${name}" is not open.`);
    return file;
  }

  /** Unbinds and closes in the order that is safe on every kernel: cancel, close sync files, then the endpoints. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.gadget.bound) await this.gadget.unbind();
    const isEndpoint = (file: OpenFile): boolean => 'endpointDescriptor' in file;
    for (const file of this.#opened) if (!isEndpoint(file)) file.close();
    for (const file of this.#opened) if (isEndpoint(file)) file.close();
    // Interrupts what still hangs, as the end of a program does, and closes ep0.
    await this.mount[Symbol.asyncDispose]();
    await this.gadget[Symbol.asyncDispose]();
  }
}
