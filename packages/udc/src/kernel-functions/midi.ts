import { BOOLEAN, text, U16, U32, upTo } from './attribute-kinds.ts';

export const MIDI = {
  title: 'music (MIDI)',
  module: 'usb_f_midi',
  source: 'f_midi.c',
  attributes: {
    index: upTo(31, -1),
    buflen: U32,
    qlen: U32,
    in_ports: upTo(16),
    out_ports: upTo(16),
    id: text(15),
  },
} as const;

const BLOCK = {
  attributes: {
    direction: upTo(3, 1),
    first_group: upTo(15),
    num_groups: upTo(16, 1),
    midi1_first_group: upTo(15),
    midi1_num_groups: upTo(16),
    ui_hint: upTo(3),
    midi_ci_version: upTo(1),
    sysex8_streams: upTo(255),
    is_midi1: upTo(2),
    active: BOOLEAN,
    name: text(127),
  },
} as const;

const ENDPOINT = {
  attributes: {
    protocol: upTo(2, 1),
    protocol_caps: upTo(3, 1),
    ep_name: text(127),
    product_id: text(127),
    manufacturer: upTo(0xff_ffff),
    family: U16,
    model: U16,
    sw_revision: U32,
  },
  lists: { blocks: { directory: 'block', most: 32, made: 1, of: BLOCK } },
} as const;

/** Its endpoints and their function blocks are `ep.N/block.M`; the kernel creates the first of each. */
export const MIDI2 = {
  title: 'music (MIDI 2.0)',
  module: 'usb_f_midi2',
  source: 'f_midi2.c',
  attributes: { process_ump: BOOLEAN, static_block: BOOLEAN, iface_name: text(127) },
  lists: { eps: { directory: 'ep', most: 4, made: 1, of: ENDPOINT } },
} as const;
