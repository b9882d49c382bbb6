import { describe, expect, it } from 'vitest';
import { gadgetConfig } from '../descriptors/gadget-config.ts';
import { gadgetProblems } from './check.ts';
import { defineGadget } from './define-gadget.ts';
import type { KernelFunction } from './definition.ts';
import { kernelFunction } from './kernel-function.ts';
import { parseGadget } from './parse-gadget.ts';

const ids = { vendorId: 1, productId: 2 } as const;

const partsOf = (f: KernelFunction) => gadgetConfig({ ...ids, functions: { f } }).configurations[0]?.functions[0];
const problemsOf = (kernel: string, attributes: unknown) =>
  gadgetProblems({ ...ids, functions: { f: { kernel, attributes } } });

describe('a function of the kernel', () => {
  it('is described in TypeScript, in YAML, and by paths, with the same outcome', () => {
    const typed = defineGadget({
      ...ids,
      functions: {
        disk: kernelFunction('mass_storage', { luns: [{ file: '/a.img', ro: true }, { cdrom: true }], stall: false }),
      },
    });
    const yaml = parseGadget(
      `
vendorId: 1
productId: 2
functions:
  disk:
    kernel: mass_storage
    attributes: { stall: false, luns: [{ file: /a.img, ro: true }, { cdrom: true }] }
`,
      { file: 'disk.yaml' },
    );
    const paths = { stall: 0, 'lun.0/file': '/a.img', 'lun.0': { ro: 1 }, 'lun.1/cdrom': true };
    const expected = {
      type: 'mass_storage',
      instance: 'disk',
      attributes: { stall: '0', 'lun.0/ro': '1', 'lun.0/file': '/a.img', 'lun.1/cdrom': '1' },
      directories: ['lun.1'],
    };
    for (const gadget of [typed, yaml, { ...ids, functions: { disk: { kernel: 'mass_storage', attributes: paths } } }])
      expect(gadgetConfig(gadget).configurations[0]?.functions).toEqual([expected]);
  });

  it('has its attributes checked by the compiler', () => {
    // @ts-expect-error no such type
    expect(() => defineGadget({ ...ids, functions: { f: kernelFunction('amc') } })).toThrow('did you mean "acm"?');
    // @ts-expect-error no such attribute
    kernelFunction('acm', { consol: true });
    // @ts-expect-error not a number
    kernelFunction('hid', { protocol: 'keyboard' });
    // @ts-expect-error read-only
    kernelFunction('acm', { port_num: 1 });
    // @ts-expect-error no such attribute of a LUN
    kernelFunction('mass_storage', { luns: [{ flie: '/a' }] });
    kernelFunction('uac2', { c_sync: 'async', p_srate: [44_100, 48_000], p_chmask: '0x3' });
  });

  it('is written in the order that the kernel takes: what a file closes before the file, links at the end', () => {
    expect(
      Object.keys(
        partsOf(kernelFunction('mass_storage', { luns: [{ file: '/a', ro: true, cdrom: true }] }))!.attributes!,
      ),
    ).toEqual(['lun.0/cdrom', 'lun.0/ro', 'lun.0/file']);
  });

  it('may have bytes, lists of numbers, and numbers in the format of the kernel', () => {
    expect(partsOf(kernelFunction('hid', { report_desc: '05 01 09 06', report_length: 8 }))).toMatchObject({
      attributes: { report_length: '8' },
      bytes: { report_desc: Uint8Array.of(5, 1, 9, 6) },
    });
    expect(partsOf(kernelFunction('rndis', { class: 0xe0, subclass: 1 }))?.attributes).toEqual({
      class: 'e0',
      subclass: '01',
    });
    expect(partsOf(kernelFunction('uac2', { p_srate: [44_100, 48_000] }))?.attributes).toEqual({
      p_srate: '44100,48000',
    });
  });

  it('may be a whole tree with directories of any name, and links', () => {
    const camera = kernelFunction('uvc', {
      streaming_maxpacket: 1024,
      streaming: {
        class: { fs: { links: ['streaming/header/h'] } },
        header: { h: { links: ['streaming/mjpeg/m'] } },
        mjpeg: { m: { bDefaultFrameIndex: 1, small: { wWidth: 640, dwFrameInterval: [333_333, 666_666] } } },
      },
    });
    expect(partsOf(camera)).toEqual({
      type: 'uvc',
      instance: 'f',
      attributes: {
        streaming_maxpacket: '1024',
        'streaming/mjpeg/m/bDefaultFrameIndex': '1',
        'streaming/mjpeg/m/small/wWidth': '640',
        'streaming/mjpeg/m/small/dwFrameInterval': '333333\n666666',
      },
      directories: ['streaming/mjpeg/m', 'streaming/mjpeg/m/small', 'streaming/header/h'],
      links: {
        'streaming/header/h/m': 'streaming/mjpeg/m',
        'streaming/class/fs/h': 'streaming/header/h',
      },
    });
  });
});

describe('an attribute that is wrong', () => {
  it.each<[string, unknown, string, string]>([
    ['acm', { consol: true }, 'functions.f.attributes.consol', 'not an attribute of acm. Did you mean "console"?'],
    ['acm', { protocol: 256 }, 'functions.f.attributes.protocol', 'is 256; allowed is a whole number from 0 to 255.'],
    ['acm', { port_num: 1 }, 'functions.f.attributes.port_num', 'is read-only'],
    ['acm', { console: 'yes' }, 'functions.f.attributes.console', 'is "yes"; allowed is true or false.'],
    ['acm', { 'console/x': 1 }, 'functions.f.attributes["console/x"]', 'not an attribute of acm/console'],
    ['obex', { x: 1 }, 'functions.f.attributes.x', 'There are none that can be written.'],
    ['mass_storage', { luns: {} }, 'functions.f.attributes.luns', 'allowed is a list of at most 16.'],
    ['mass_storage', { luns: [{ fle: 'a' }] }, 'functions.f.attributes.luns[0].fle', 'Did you mean "file"?'],
    ['mass_storage', { luns: [{ ro: 2 }] }, 'functions.f.attributes.luns[0].ro', 'is 2; allowed is true or false.'],
    ['mass_storage', { 'lun.16/ro': 1 }, 'functions.f.attributes["lun.16/ro"]', 'not an attribute of mass_storage'],
    ['mass_storage', { luns: [{ ro: 1 }], 'lun.0/ro': 1 }, 'functions.f.attributes["lun.0/ro"]', 'is given twice'],
    ['mass_storage', { luns: [{ file: 'a\nb' }] }, 'functions.f.attributes.luns[0].file', 'path of a file'],
    ['ncm', { dev_addr: '01:00:00:00:00:01' }, 'functions.f.attributes.dev_addr', 'address of one station'],
    ['ncm', { ifname: 'usb0' }, 'functions.f.attributes.ifname', 'a name with one %d in it'],
    ['ncm', { max_segment_size: 8001 }, 'functions.f.attributes.max_segment_size', 'from 0 to 8000'],
    ['hid', { report_desc: '5 1' }, 'functions.f.attributes.report_desc', '1 to 4095 bytes'],
    ['uac2', { c_sync: 'none' }, 'functions.f.attributes.c_sync', '"async" or "adaptive"'],
    ['uac2', { p_srate: Array(11).fill(1) }, 'functions.f.attributes.p_srate', 'a list of at most 10'],
    [
      'uac1',
      { function_name: 'Sound' },
      'functions.f.attributes.function_name',
      'cannot be written: Linux 6.12 loses it',
    ],
    ['uac2', { function_name: '' }, 'functions.f.attributes.function_name', 'text of one line'],
    ['uvc', { control: 1 }, 'functions.f.attributes.control', 'is 1; allowed is an object'],
    ['uvc', { streaming: { mjpeg: { 'a b': {} } } }, 'functions.f.attributes.streaming.mjpeg["a b"]', 'names are'],
    [
      'uvc',
      { control: { class: { fs: { links: ['streaming/header/h'] } } } },
      'functions.f.attributes.control.class.fs.links[0]',
      'allowed is a list of "control/header/NAME"',
    ],
  ])('of %s: %j', (kernel, attributes, field, message) => {
    const [problem, ...more] = problemsOf(kernel, attributes);
    expect(more).toEqual([]);
    expect(problem?.message).toContain(field);
    expect(problem?.message).toContain(message);
  });

  it.each([
    ['mas_storage', 'did you mean "mass_storage"?'],
    ['ffs', 'describe its endpoints instead'],
  ])('or the type: %s', (kernel, message) => {
    expect(problemsOf(kernel, undefined)[0]?.message).toContain(message);
  });

  it('has its place in the file', () => {
    const text = 'vendorId: 1\nproductId: 2\nfunctions:\n  f: { kernel: hid, attributes: { protocl: 1 } }\n';
    expect(() => parseGadget(text, { file: 'keyboard.yaml' })).toThrow(
      /^keyboard\.yaml:4:35 {2}.*Did you mean "protocol"/,
    );
  });
});
