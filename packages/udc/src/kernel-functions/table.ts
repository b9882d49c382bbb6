import {
  BOOLEAN,
  ETHERNET_ADDRESS,
  INTERFACE_NAME,
  PATH,
  READ_ONLY_NUMBER,
  readOnlyText,
  text,
  U8,
  U16,
  U32,
  upTo,
} from './attribute-kinds.ts';
import { UAC1, UAC1_LEGACY, UAC2 } from './audio.ts';
import { MIDI, MIDI2 } from './midi.ts';
import type { KernelFunctionRule } from './rules.ts';
import { UVC } from './uvc.ts';

/** Attributes of every network function (u_ether_configfs.h). */
const ETHERNET = {
  dev_addr: ETHERNET_ADDRESS,
  host_addr: ETHERNET_ADDRESS,
  qmult: U8,
  ifname: INTERFACE_NAME,
} as const;

/**
 * Attributes from which Windows chooses a driver (configfs.c, usb_os_desc_prepare_interf_dir). Extended properties are
 * left out, because the kernel shows one byte more than it has (ext_prop_data_show).
 */
const osDescriptor = <const N extends string>(name: N) => {
  const attributes = { compatible_id: text(8), sub_compatible_id: text(8) } as const;
  const directories = { [`interface.${name}`]: { attributes } };
  return { os_desc: { directories } };
};

const HEX_BYTE = { kind: 'number', from: 0, to: 0xff, hexadecimal: 'bare' } as const;

/**
 * `file` comes last: the kernel changes `ro` and `cdrom` only while no file is open (storage_common.c, _fsg_store_ro).
 */
const LUN = {
  attributes: {
    cdrom: BOOLEAN,
    ro: BOOLEAN,
    removable: BOOLEAN,
    nofua: BOOLEAN,
    inquiry_string: text(28),
    file: PATH,
  },
} as const;

/**
 * The functions that Linux 6.12 provides, and their attributes in configfs. `ffs` is not among them, because programs
 * implement their own functions with it.
 */
export const KERNEL_FUNCTIONS = {
  acm: {
    title: 'serial port (CDC ACM)',
    module: 'usb_f_acm',
    source: 'f_acm.c',
    attributes: { console: BOOLEAN, port_num: READ_ONLY_NUMBER, protocol: U8 },
  },
  gser: {
    title: 'serial port without a class',
    module: 'usb_f_serial',
    source: 'f_serial.c',
    attributes: { console: BOOLEAN, port_num: READ_ONLY_NUMBER },
  },
  obex: {
    title: 'serial port for OBEX',
    module: 'usb_f_obex',
    source: 'f_obex.c',
    attributes: { port_num: READ_ONLY_NUMBER },
  },
  ecm: { title: 'network (CDC ECM)', module: 'usb_f_ecm', source: 'f_ecm.c', attributes: ETHERNET },
  geth: {
    title: 'network (CDC subset)',
    module: 'usb_f_ecm_subset',
    source: 'f_subset.c',
    attributes: ETHERNET,
  },
  eem: { title: 'network (CDC EEM)', module: 'usb_f_eem', source: 'f_eem.c', attributes: ETHERNET },
  ncm: {
    title: 'network (CDC NCM)',
    module: 'usb_f_ncm',
    source: 'f_ncm.c',
    attributes: { ...ETHERNET, max_segment_size: upTo(8000) },
    directories: osDescriptor('ncm'),
  },
  rndis: {
    title: 'network (RNDIS)',
    module: 'usb_f_rndis',
    source: 'f_rndis.c',
    attributes: { ...ETHERNET, class: HEX_BYTE, subclass: HEX_BYTE, protocol: HEX_BYTE },
    directories: osDescriptor('rndis'),
  },
  phonet: {
    title: 'network for Nokia phones',
    module: 'usb_f_phonet',
    source: 'f_phonet.c',
    attributes: { ifname: readOnlyText(15) },
  },
  mass_storage: {
    title: 'disks',
    module: 'usb_f_mass_storage',
    source: 'f_mass_storage.c',
    attributes: { stall: BOOLEAN },
    lists: { luns: { directory: 'lun', most: 16, made: 1, of: LUN } },
  },
  hid: {
    title: 'keyboard, mouse and the like',
    module: 'usb_f_hid',
    source: 'f_hid.c',
    attributes: {
      subclass: U8,
      protocol: U8,
      no_out_endpoint: BOOLEAN,
      report_length: U16,
      report_desc: { kind: 'bytes', least: 1, most: 4095 },
      dev: readOnlyText(20),
    },
  },
  printer: {
    title: 'printer',
    module: 'usb_f_printer',
    source: 'f_printer.c',
    attributes: { pnp_string: text(1023), q_len: U16 },
  },
  uvc: UVC,
  uac1: UAC1,
  uac1_legacy: UAC1_LEGACY,
  uac2: UAC2,
  midi: MIDI,
  midi2: MIDI2,
  tcm: {
    title: 'disks of the SCSI target core, which are described in configfs/target',
    module: 'usb_f_tcm',
    source: 'f_tcm.c',
  },
  Loopback: {
    title: 'sends back what it gets',
    module: 'usb_f_ss_lb',
    source: 'f_loopback.c',
    attributes: { qlen: U32, bulk_buflen: U32 },
  },
  SourceSink: {
    title: 'sends a pattern and takes anything',
    module: 'usb_f_ss_lb',
    source: 'f_sourcesink.c',
    attributes: {
      pattern: upTo(2),
      isoc_interval: upTo(16, 1),
      isoc_maxpacket: upTo(1024),
      isoc_mult: upTo(2),
      isoc_maxburst: upTo(15),
      bulk_buflen: U32,
      bulk_qlen: U32,
      iso_qlen: U32,
    },
  },
} as const satisfies Readonly<Record<string, KernelFunctionRule>>;

/** Type of a function as configfs names it: `'acm'`, `'mass_storage'` ... */
export type KernelFunctionType = keyof typeof KERNEL_FUNCTIONS;
