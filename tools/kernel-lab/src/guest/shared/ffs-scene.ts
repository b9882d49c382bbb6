import { LINUX_KERNEL, type LinuxKernel, linux } from '@gadgetloom/backend-linux';
import { CLOCK, type Clock, POLLIN, SECOND } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER, DMA_FENCES, type DmaBufExporter, type DmaFences } from '@gadgetloom/dmabuf';
import {
  type EndpointFile,
  encodeDescriptors,
  encodeStrings,
  FUNCTION_FS,
  type FunctionDescriptor,
} from '@gadgetloom/functionfs';
import { composePieces } from '@gadgetloom/gadget';
import { type GadgetConfig, USB_DEVICE_CONTROLLER, type UsbDeviceController, type UsbGadget } from '@gadgetloom/udc';
import { UsbfsHost } from './usbfs-host.ts';

const BULK = 2;

/** Descriptors of the scene's function for a speed: an IN and an OUT endpoint, `ep1` and `ep2`. */
export function sceneDescriptors(maxPacketSize: number): FunctionDescriptor[] {
  return [
    { type: 'interface', number: 0, alternate: 0, endpoints: 2, class: 0xff, subClass: 0, protocol: 0, string: 0 },
    { type: 'endpoint', address: 0x81, attributes: BULK, maxPacketSize, interval: 0 },
    { type: 'endpoint', address: 0x02, attributes: BULK, maxPacketSize, interval: 0 },
  ];
}

/** A gadget of one function through the ports of the Linux backend, configured by a host. */
export interface FfsScene extends AsyncDisposable {
  readonly kernel: LinuxKernel;
  readonly clock: Clock;
  readonly exporter: DmaBufExporter;
  readonly fences: DmaFences;
  readonly host: UsbfsHost;
  readonly controller: UsbDeviceController;
  readonly gadget: UsbGadget;
  /** Non-blocking. */
  readonly endpoint: EndpointFile;
}

/**
 * Sets the scene.
 *
 * @param name of the gadget and of the instance
 * @param helper path of usbfs-host
 * @param file the endpoint to open
 */
export async function openScene(name: string, helper: string, file: 'ep1' | 'ep2'): Promise<FfsScene> {
  const opened: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const each of opened.reverse()) await each[Symbol.asyncDispose]();
  };
  try {
    const pieces = await composePieces({ plugins: [linux({ virtual: true })] });
    opened.push(pieces);
    const host = new UsbfsHost(helper);
    opened.push({ [Symbol.asyncDispose]: async () => host[Symbol.dispose]() });
    const controller = pieces.resolve(USB_DEVICE_CONTROLLER);
    const config: GadgetConfig = {
      name,
      vendorId: 0x1d6b,
      productId: 0x0104,
      configurations: [{ value: 1, functions: [{ type: 'ffs', instance: name }] }],
    };
    const gadget = await controller.createGadget(config);
    opened.push(gadget);
    const mount = await pieces.resolve(FUNCTION_FS).mount(name);
    opened.push(mount);
    const ep0 = await mount.openEp0({ nonblock: true });
    await ep0.write(encodeDescriptors({ full: sceneDescriptors(64), high: sceneDescriptors(512) }));
    await ep0.write(encodeStrings([]));
    const endpoint = await mount.openEndpoint(file, { nonblock: true });
    await gadget.bind();
    await host.configured();
    await ep0.ready(POLLIN, SECOND);
    return {
      kernel: pieces.resolve(LINUX_KERNEL),
      clock: pieces.resolve(CLOCK),
      exporter: pieces.resolve(DMA_BUF_EXPORTER),
      fences: pieces.resolve(DMA_FENCES),
      host,
      controller,
      gadget,
      endpoint,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
