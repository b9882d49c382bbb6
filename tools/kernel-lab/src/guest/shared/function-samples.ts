import type { KernelAttributes, KernelFunctionType } from '@gadgetloom/gadget';

/** A function as somebody would have it, and a change to it. */
export interface FunctionSample {
  readonly attributes: KernelAttributes;
  /** It needs a controller with isochronous endpoints. */
  readonly isochronous?: boolean;
  readonly change?: {
    readonly attributes: KernelAttributes;
    /** What applying the change does, without links. */
    readonly steps: readonly string[];
    /** The kernel takes it while the gadget is bound, too. */
    readonly anyTime?: boolean;
  };
}

const write = (path: string): string => `write functions/${path}`;

function network(type: string): FunctionSample {
  return {
    attributes: { dev_addr: '02:00:00:00:AB:01', host_addr: '02:00:00:00:ab:02', qmult: 7, ifname: 'usbx%d' },
    change: { attributes: { qmult: 8 }, steps: [write(`${type}.x/qmult`)] },
  };
}

/** A keyboard without anything but keys. */
const KEYBOARD =
  '05 01 09 06 a1 01 05 07 19 e0 29 e7 15 00 25 01 75 01 95 08 81 02 95 01 75 08 81 03 95 06 75 08 15 00 25 65 05 07 19 00 29 65 81 00 c0';

const VOLUMES = { p_volume_min: -25600, p_volume_max: 0, p_volume_res: 256, c_mute_present: false };

const CAMERA = {
  streaming_interval: 2,
  streaming_maxpacket: 512,
  function_name: 'Camera',
  control: {
    header: { h: { bcdUVC: 0x0110 } },
    class: { fs: { links: ['control/header/h'] }, ss: { links: ['control/header/h'] } },
    processing: { default: { bmControls: [1] } },
    terminal: { camera: { default: { bmControls: [2, 4] } } },
  },
  streaming: {
    mjpeg: {
      m: { bDefaultFrameIndex: 1, small: { wWidth: 320, wHeight: 240, dwFrameInterval: [666_666, 333_333] } },
    },
    uncompressed: {
      u: {
        guidFormat: '59555932 0000 1000 8000 00aa00389b71',
        bBitsPerPixel: 16,
        bmaControls: 4,
        large: { wWidth: 640, wHeight: 480, dwFrameInterval: 666_666 },
        links: ['streaming/color_matching/warm'],
      },
    },
    color_matching: { warm: { bColorPrimaries: 2 } },
    header: { h: { links: ['streaming/mjpeg/m', 'streaming/uncompressed/u'] } },
    class: {
      fs: { links: ['streaming/header/h'] },
      hs: { links: ['streaming/header/h'] },
      ss: { links: ['streaming/header/h'] },
    },
  },
};

/** One for each type. */
export const FUNCTION_SAMPLES: Readonly<Record<KernelFunctionType, FunctionSample>> = {
  acm: { attributes: { protocol: 1 }, change: { attributes: { protocol: 0 }, steps: [write('acm.x/protocol')] } },
  gser: { attributes: {} },
  obex: { attributes: {} },
  ecm: network('ecm'),
  geth: network('geth'),
  eem: network('eem'),
  ncm: {
    attributes: {
      ...network('ncm').attributes,
      max_segment_size: 1514,
      os_desc: { 'interface.ncm': { compatible_id: 'WINNCM' } },
    },
    change: { attributes: { max_segment_size: 8000 }, steps: [write('ncm.x/max_segment_size')] },
  },
  rndis: {
    attributes: { ...network('rndis').attributes, class: 0xef, subclass: 4, protocol: 1 },
    change: { attributes: { class: 0xe0 }, steps: [write('rndis.x/class')], anyTime: true },
  },
  phonet: { attributes: {} },
  mass_storage: {
    attributes: {
      stall: false,
      luns: [{ file: '/tmp/disk.img', ro: true, inquiry_string: 'A disk' }, { cdrom: true }],
    },
    change: {
      attributes: { luns: [{ file: '/tmp/disk.img', ro: false, inquiry_string: 'A disk' }, { cdrom: true }] },
      steps: ['eject', 'write', 'write'].map(
        (word, index) => `${word} functions/mass_storage.x/lun.0/${index === 1 ? 'ro' : 'file'}`,
      ),
    },
  },
  hid: {
    attributes: { protocol: 1, subclass: 1, report_length: 8, report_desc: KEYBOARD },
    change: {
      attributes: { report_length: 16, no_out_endpoint: true },
      steps: [write('hid.x/no_out_endpoint'), write('hid.x/report_length')],
    },
  },
  printer: {
    attributes: { pnp_string: 'MFG:Gadgetloom;MDL:Paper;', q_len: 4 },
    change: { attributes: { q_len: 5 }, steps: [write('printer.x/q_len')] },
  },
  uvc: {
    isochronous: true,
    attributes: CAMERA,
    change: {
      attributes: { streaming_interval: 3 },
      steps: [write('uvc.x/streaming_interval')],
    },
  },
  uac1: {
    isochronous: true,
    attributes: { p_chmask: 3, p_srate: [44_100, 48_000], p_ssize: 2, ...VOLUMES },
    change: { attributes: { p_ssize: 4 }, steps: [write('uac1.x/p_ssize')] },
  },
  uac1_legacy: { attributes: {} },
  uac2: {
    isochronous: true,
    attributes: { p_chmask: 3, c_srate: 48_000, c_sync: 'adaptive', fb_max: 5, if_ctrl_name: 'Control', ...VOLUMES },
    change: { attributes: { c_srate: [32_000, 48_000] }, steps: [write('uac2.x/c_srate')] },
  },
  midi: {
    attributes: { id: 'piano', in_ports: 2, out_ports: 3, index: -1, buflen: 128, qlen: 16 },
    change: { attributes: { in_ports: 1 }, steps: [write('midi.x/in_ports')] },
  },
  midi2: {
    attributes: {
      iface_name: 'Strings',
      eps: [
        { ep_name: 'Violin', manufacturer: 0x123456, blocks: [{ name: 'Solo' }, { name: 'Tutti', first_group: 1 }] },
      ],
    },
    change: { attributes: { process_ump: false }, steps: [write('midi2.x/process_ump')] },
  },
  tcm: { attributes: {} },
  Loopback: {
    attributes: { qlen: 8, bulk_buflen: 8192 },
    change: { attributes: { qlen: 16 }, steps: [write('Loopback.x/qlen')] },
  },
  SourceSink: {
    attributes: { pattern: 1, isoc_interval: 4, isoc_maxpacket: 512, bulk_buflen: 8192 },
    change: { attributes: { pattern: 2 }, steps: [write('SourceSink.x/pattern')] },
  },
};
