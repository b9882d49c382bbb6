import {
  CLOCK,
  type Clock,
  type OptionCheck,
  option,
  type Plugin,
  type Resolver,
  readOptions,
  SystemClock,
  TRACE_SINK,
} from '@gadgetloom/core';
import { DMA_BUF_EXPORTER, DMA_FENCES, type DmaBufExporter, UDMABUF } from '@gadgetloom/dmabuf';
import { FUNCTION_FS } from '@gadgetloom/functionfs';
import { SERIAL_PORTS } from '@gadgetloom/kernel-functions';
import { USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { HOST_END } from '@gadgetloom/virtual-host';
import { DmaHeap, heapNames } from './buffers/dma-heap.ts';
import { LinuxFences } from './buffers/linux-fences.ts';
import { LinuxUdmabuf } from './buffers/linux-udmabuf.ts';
import { LinuxController } from './controller/linux-controller.ts';
import { LinuxFunctionFs } from './functionfs/linux-function-fs.ts';
import { LinuxHostEnd } from './host/linux-host-end.ts';
import { LINUX_KERNEL, LinuxKernel } from './kernel/linux-kernel.ts';
import { LINUX_PATHS, type LinuxPaths } from './kernel/paths.ts';
import { inspect, verdict } from './probe/probe.ts';
import { LinuxSerialPorts } from './serial/linux-serial-ports.ts';

/** What the Linux backend can be told. */
export interface LinuxOptions {
  /** Name (`'fe800000.usb'`) or driver (`'dwc3-gadget'`) of the controller; the first with hardware unless given. */
  readonly controller?: string;
  /** Take a controller without hardware, such as dummy_hcd, if there is no other. */
  readonly virtual?: boolean;
  /** DMA heap, or `'udmabuf'`; `'system'` or the first that there is unless given. */
  readonly heap?: string;
  /** Other places of the kernel's file systems. */
  readonly paths?: Partial<LinuxPaths>;
}

/** What may stand in a gadget file. */
const FIELDS: Readonly<Record<string, OptionCheck>> = {
  controller: option.name('the name or driver of a controller'),
  virtual: option.yesOrNo,
  heap: option.name('the name of a DMA heap, or "udmabuf"'),
};

/** The kernel of this machine: configfs, FunctionFS, DMA heaps and udmabuf, sync files, in real time. */
export function linux(options: LinuxOptions = {}): Plugin {
  const paths = { ...LINUX_PATHS, ...options.paths };
  return {
    name: 'linux',
    description: 'the kernel of this machine',
    provides: [
      CLOCK,
      LINUX_KERNEL,
      DMA_BUF_EXPORTER,
      UDMABUF,
      DMA_FENCES,
      FUNCTION_FS,
      USB_DEVICE_CONTROLLER,
      HOST_END,
      SERIAL_PORTS,
    ],
    configure: (more) => linux({ ...options, ...readOptions<LinuxOptions>(more, FIELDS) }),
    probe: () => verdict(inspect(paths, options)),
    inspect: () => inspect(paths, options),
    register(container) {
      container.register(CLOCK, { useFactory: (): Clock => new SystemClock() });
      container.register(LINUX_KERNEL, { useFactory: (pieces) => makeKernel(pieces, paths) });
      container.register(UDMABUF, { useFactory: (pieces) => new LinuxUdmabuf(pieces.resolve(LINUX_KERNEL)) });
      container.register(DMA_FENCES, { useFactory: (pieces) => new LinuxFences(pieces.resolve(LINUX_KERNEL)) });
      container.register(DMA_BUF_EXPORTER, {
        useFactory: (pieces) => openExporter(pieces.resolve(LINUX_KERNEL), options.heap),
      });
      container.register(FUNCTION_FS, { useFactory: (pieces) => new LinuxFunctionFs(pieces.resolve(LINUX_KERNEL)) });
      container.register(USB_DEVICE_CONTROLLER, {
        useFactory: (pieces) => new LinuxController(pieces.resolve(LINUX_KERNEL), options),
      });
      container.register(SERIAL_PORTS, { useFactory: (pieces) => new LinuxSerialPorts(pieces.resolve(LINUX_KERNEL)) });
      container.register(HOST_END, {
        useFactory: (pieces) => new LinuxHostEnd(pieces.resolve(LINUX_KERNEL), pieces.resolve(USB_DEVICE_CONTROLLER)),
      });
    },
  };
}

/**
 * The exporter of that name: a DMA heap, or udmabuf.
 *
 * @param name the system heap, else the first heap, else udmabuf, unless given
 * @throws KernelError ENOENT no such heap; EACCES
 */
export function openExporter(kernel: LinuxKernel, name?: string): DmaBufExporter {
  const wanted = name ?? heapNames(kernel.paths)[0] ?? 'udmabuf';
  return wanted === 'udmabuf' ? new LinuxUdmabuf(kernel) : new DmaHeap(kernel, wanted);
}

function makeKernel(pieces: Resolver, paths: LinuxPaths): LinuxKernel {
  const trace = pieces.isRegistered(TRACE_SINK) ? { trace: pieces.resolve(TRACE_SINK) } : {};
  return new LinuxKernel({ clock: pieces.resolve(CLOCK), paths, ...trace });
}
