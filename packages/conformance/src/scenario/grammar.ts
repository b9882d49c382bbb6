import { suggestion } from '@gadgetloom/core';

/**
 * The operations of the scenario language and the number of words each takes after its name. `bg` takes an operation.
 */
export const GRAMMAR: Readonly<
  Record<string, { readonly least: number; readonly most: number; readonly form: string }>
> = {
  bind: { least: 0, most: 0, form: 'bind' },
  unbind: { least: 0, most: 0, form: 'unbind' },
  state: { least: 0, most: 0, form: 'state' },
  disconnect: { least: 0, most: 0, form: 'disconnect' },
  alloc: { least: 2, most: 4, form: 'alloc BUFFER LENGTH [FD_FLAGS] [HEAP_FLAGS]' },
  udmabuf: { least: 2, most: 5, form: 'udmabuf BUFFER LENGTH [seal|noseal|wseal] [OFFSET] [SIZE]' },
  memfd: { least: 1, most: 1, form: 'memfd NAME' },
  attach: { least: 2, most: 2, form: 'attach EP BUFFER' },
  detach: { least: 2, most: 2, form: 'detach EP BUFFER' },
  xfer: { least: 3, most: 4, form: 'xfer EP BUFFER LENGTH [FLAGS]' },
  nonblock: { least: 2, most: 2, form: 'nonblock EP on|off' },
  openep: { least: 1, most: 2, form: 'openep EP [nonblock]' },
  closeep: { least: 1, most: 1, form: 'closeep EP' },
  fill: { least: 2, most: 2, form: 'fill BUFFER SEED' },
  crc: { least: 1, most: 2, form: 'crc BUFFER [LENGTH]' },
  poll: { least: 3, most: 3, form: 'poll NAME in|out|in,out MS' },
  export: { least: 3, most: 3, form: 'export SYNCFILE BUFFER r|w|rw' },
  import: { least: 3, most: 3, form: 'import BUFFER SYNCFILE r|w' },
  merge: { least: 3, most: 3, form: 'merge SYNCFILE FIRST SECOND' },
  fence: { least: 1, most: 1, form: 'fence SYNCFILE' },
  sync: { least: 2, most: 2, form: 'sync BUFFER FLAGS' },
  setname: { least: 2, most: 2, form: 'setname BUFFER TEXT' },
  lseek: { least: 3, most: 3, form: 'lseek BUFFER OFFSET set|cur|end' },
  mmaplen: { least: 3, most: 3, form: 'mmaplen BUFFER LENGTH OFFSET' },
  dup: { least: 2, most: 2, form: 'dup NEW BUFFER' },
  closefd: { least: 1, most: 1, form: 'closefd NAME' },
  epread: { least: 2, most: 2, form: 'epread EP LENGTH' },
  epwrite: { least: 2, most: 3, form: 'epwrite EP LENGTH [SEED]' },
  epioctl: { least: 2, most: 2, form: 'epioctl EP desc|revmap|fifo_status|fifo_flush|clear_halt|bogus' },
  hostin: { least: 2, most: 3, form: 'hostin EP LENGTH [MS]' },
  hostout: { least: 2, most: 4, form: 'hostout EP LENGTH [MS] [SEED]' },
  hosthalt: { least: 1, most: 1, form: 'hosthalt EP' },
  hostclear: { least: 1, most: 1, form: 'hostclear EP' },
  hostsetcfg: { least: 1, most: 1, form: 'hostsetcfg CONFIGURATION' },
  hostsetif: { least: 1, most: 1, form: 'hostsetif ALTERNATE' },
  hostreset: { least: 0, most: 0, form: 'hostreset' },
  hostsuspend: { least: 0, most: 0, form: 'hostsuspend' },
  hostctrl: { least: 5, most: 5, form: 'hostctrl REQUEST_TYPE REQUEST VALUE INDEX LENGTH' },
  events: { least: 0, most: 0, form: 'events' },
  ep0read: { least: 1, most: 1, form: 'ep0read LENGTH' },
  ep0write: { least: 1, most: 1, form: 'ep0write LENGTH' },
  bg: { least: 2, most: 12, form: 'bg K OPERATION' },
  join: { least: 1, most: 1, form: 'join K' },
  sleep: { least: 1, most: 1, form: 'sleep MS' },
};

/** What is wrong with an operation's words, or `undefined`. */
export function grammarFault(verb: string, args: readonly string[]): string | undefined {
  const rule = GRAMMAR[verb];
  if (rule === undefined)
    return `there is no operation "${verb}"${suggestion(verb, Object.keys(GRAMMAR))} The operations are ${Object.keys(GRAMMAR).join(', ')}.`;
  if (args.length < rule.least || args.length > rule.most)
    return `"${[verb, ...args].join(' ')}" should be: ${rule.form}`;
  if (verb === 'bg') {
    const [, inner = '', ...rest] = args;
    if (inner === 'bg' || inner === 'join') return `"${inner}" cannot run in the background.`;
    return grammarFault(inner, rest);
  }
  return undefined;
}
