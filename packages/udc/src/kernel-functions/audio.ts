import { BOOLEAN, POSITIVE_S16, S16, U32, upTo } from './attribute-kinds.ts';

/** At most ten (uac_common.h, UAC_MAX_RATES). */
const RATES = { kind: 'numbers', from: 1, to: 0xffff_ffff, most: 10, separator: ',' } as const;
/** Bytes of a sample; other sizes are refused when the gadget is bound. */
const SAMPLE_SIZE = upTo(4, 1);
/** USB_MAX_STRING_LEN with the zero at its end. */
const STRING = { kind: 'text', most: 125 } as const;
/** write(2) returns less than the length of the text, and a writer that writes the rest overwrites the beginning. */
const LOST_STRING = { ...STRING, refused: 'Linux 6.12 loses it (f_uac1.c, UAC1_ATTRIBUTE_STRING)' } as const;
/** 1 to 4, or 0 to choose by the rate. */
const INTERVAL = upTo(4);
const SYNCHRONIZATION = { kind: 'choice', values: ['async', 'adaptive'] } as const;

/** Volumes are in 1/256 dB. */
const VOLUMES = {
  p_mute_present: BOOLEAN,
  p_volume_present: BOOLEAN,
  p_volume_min: S16,
  p_volume_max: S16,
  p_volume_res: POSITIVE_S16,
  c_mute_present: BOOLEAN,
  c_volume_present: BOOLEAN,
  c_volume_min: S16,
  c_volume_max: S16,
  c_volume_res: POSITIVE_S16,
} as const;

const NAMES = {
  function_name: STRING,
  p_it_name: STRING,
  p_it_ch_name: STRING,
  p_ot_name: STRING,
  p_fu_vol_name: STRING,
  c_it_name: STRING,
  c_it_ch_name: STRING,
  c_ot_name: STRING,
  c_fu_vol_name: STRING,
} as const;

const LOST_NAMES = {
  function_name: LOST_STRING,
  p_it_name: LOST_STRING,
  p_it_ch_name: LOST_STRING,
  p_ot_name: LOST_STRING,
  p_fu_vol_name: LOST_STRING,
  c_it_name: LOST_STRING,
  c_it_ch_name: LOST_STRING,
  c_ot_name: LOST_STRING,
  c_fu_vol_name: LOST_STRING,
} as const;

/** `p_` is what the gadget plays to the host, `c_` what it captures from it. */
export const UAC1 = {
  title: 'sound (USB Audio 1)',
  module: 'usb_f_uac1',
  source: 'f_uac1.c',
  attributes: {
    c_chmask: upTo(0xfff),
    c_srate: RATES,
    c_ssize: SAMPLE_SIZE,
    p_chmask: upTo(0xfff),
    p_srate: RATES,
    p_ssize: SAMPLE_SIZE,
    req_number: U32,
    ...VOLUMES,
    ...LOST_NAMES,
  },
} as const;

/** Plays to and captures from the gadget's own sound card. */
export const UAC1_LEGACY = {
  title: 'sound of a sound card (USB Audio 1)',
  module: 'usb_f_uac1_legacy',
  source: 'f_uac1_legacy.c',
  attributes: {
    req_buf_size: upTo(0x7fff_ffff),
    req_count: upTo(0x7fff_ffff),
    audio_buf_size: upTo(0x7fff_ffff),
    fn_play: { kind: 'text', most: 255 },
    fn_cap: { kind: 'text', most: 255 },
    fn_cntl: { kind: 'text', most: 255 },
  },
} as const;

/** `p_` is what the gadget plays to the host, `c_` what it captures from it. */
export const UAC2 = {
  title: 'sound (USB Audio 2)',
  module: 'usb_f_uac2',
  source: 'f_uac2.c',
  attributes: {
    p_chmask: upTo(0x7ff_ffff),
    p_srate: RATES,
    p_ssize: SAMPLE_SIZE,
    p_hs_bint: INTERVAL,
    c_chmask: upTo(0x7ff_ffff),
    c_srate: RATES,
    c_sync: SYNCHRONIZATION,
    c_ssize: SAMPLE_SIZE,
    c_hs_bint: INTERVAL,
    req_number: U32,
    ...VOLUMES,
    fb_max: U32,
    ...NAMES,
    if_ctrl_name: STRING,
    clksrc_in_name: STRING,
    clksrc_out_name: STRING,
    p_terminal_type: S16,
    c_terminal_type: S16,
  },
} as const;
