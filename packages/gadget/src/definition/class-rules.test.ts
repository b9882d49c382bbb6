import { describe, expect, it } from 'vitest';
import { gadgetProblems } from './check.ts';

/** What is said about a gadget with this function. */
function messages(definition: unknown): string[] {
  return gadgetProblems({ vendorId: 1, productId: 2, functions: { f: definition } }).map(({ message }) => message);
}

const hid = { reportLength: 63 };
const dfu = { transferSize: 64 };

describe('a class descriptor', () => {
  it.each([
    { hid },
    { hid: { reportDescriptor: '05 01 09 06' } },
    { hid: { reportDescriptor: [5, 1], country: '0x21', version: '1.1' } },
    { hid: { reportDescriptor: new Uint8Array(4096) } },
    { class: 3, subclass: 1, protocol: 1, hid },
    { protocol: 2, dfu },
    { protocol: 1, dfu: { transferSize: 65535, detachTimeout: 1000, attributes: { download: true } } },
    { ccid: {} },
    { interfaces: { a: { hid }, b: { ccid: { slots: 2, voltages: ['3 V'], protocols: ['T=0', 'T=1'] } } } },
    { class: 3, alternates: [{ hid }] },
    { class: 3, descriptors: ['09 21 11 01 00 01 22 3f 00'] },
    { class: 0xfe, subclass: 1, descriptors: [[9, 0x21, 1, 0, 0, 0, 16, 0x10, 1]] },
    { class: 0x0b, descriptors: [Uint8Array.from([54, 0x21, ...new Array<number>(52).fill(0)])] },
    { descriptors: ['03 09 01'] },
  ])('is right: %j', (definition) => {
    expect(messages(definition)).toEqual([]);
  });

  it.each([
    [{ hid: {} }, 'functions.f.hid has no report descriptor; give "reportDescriptor", or "reportLength" if'],
    [{ hid: { ...hid, reportDescriptor: '05' } }, 'functions.f.hid.reportLength stands beside "reportDescriptor"'],
    [{ hid: { reportDescriptor: '' } }, 'functions.f.hid.reportDescriptor has 0 bytes; allowed are 1 to 4096'],
    [
      { hid: { reportDescriptor: '5 1' } },
      'functions.f.hid.reportDescriptor is "5 1"; allowed is bytes: a list of numbers from 0 to 255, or hexadecimal',
    ],
    [
      { hid: { reportDescriptor: [256] } },
      'functions.f.hid.reportDescriptor is a list; allowed is bytes: a list of numbers from 0 to 255, or hexadecimal',
    ],
    [
      { hid, class: 0xff },
      'functions.f.class does not fit: the interface has the class 0xff/0x00, and "hid" needs 0x03.',
    ],
    [
      { dfu, protocol: 2, subclass: 2 },
      'functions.f.subclass does not fit: the interface has the class 0xfe/0x02, and',
    ],
    [{ hid, ccid: {} }, 'functions.f.ccid stands beside "hid"; an interface has the descriptor of one class.'],
    [{ dfu }, 'functions.f.protocol is 0; with "dfu" allowed are 1, run time, and 2, DFU mode (DFU 1.1, 4.1.2'],
    [{ protocol: 2, dfu: {} }, 'functions.f.dfu.transferSize is missing: a whole number from 1 to 65535.'],
    [
      { protocol: 2, dfu: { transferSize: 8192 } },
      'functions.f.dfu.transferSize is 8192; Linux refuses control transfers of more than 4096 bytes (composite.c',
    ],
    [
      { protocol: 2, dfu: { ...dfu, attributes: { downlaod: true } } },
      'functions.f.dfu.attributes.downlaod is not a field of the attributes of DFU. Did you mean "download"?',
    ],
    [{ ccid: { voltages: ['9 V'] } }, 'functions.f.ccid.voltages[0] is "9 V"; allowed is "5 V", "3 V" or "1.8 V".'],
    [{ interfaces: { a: {} }, hid }, 'function "f" has both "interfaces" and "hid"; with "interfaces", each of them'],
  ])('that is wrong is refused: %j', (definition, message) => {
    expect(messages(definition)[0]).toContain(message);
  });
});

describe('a descriptor as bytes', () => {
  it.each([
    ['', {}, 'functions.f.descriptors[0] has 0 bytes; a descriptor begins with its length and its type.'],
    ['05 21 00', { class: 3 }, 'functions.f.descriptors[0] says in its first byte that it has 5 bytes, and has 3.'],
    ['03 21 00', { class: 3 }, 'f_fs.c, ffs_do_single_desc): bLength is 3; it has to be 9.'],
    ['09 21 11 01 00 01 22 3f 00', {}, 'type 0x21 is known after an interface of class HID (3), CCID (0x0b) or DFU'],
    ['05 24 00 10 01', { class: 2 }, "carry descriptors of this type: kernelFunction('acm'), kernelFunction('ecm')"],
    [
      '05 24 00 10 01',
      { class: 1 },
      "of this type: kernelFunction('uac2'), kernelFunction('midi'); in a file, { kernel",
    ],
    ['05 24 00 10 01', { class: 14 }, "of this type: kernelFunction('uvc'); in a file, { kernel: uvc }."],
    [
      '05 24 00 10 01',
      {},
      'FunctionFS (f_fs.c, ffs_do_single_desc): CS INTERFACE is not known to FunctionFS. Functions',
    ],
    ['05 25 00 10 01', {}, 'CS ENDPOINT is not known to FunctionFS. Functions of the kernel carry'],
    [
      '07 05 81 02 00 02 00',
      {},
      'is of type 0x05, which does not belong here. Endpoints are described by "endpoints".',
    ],
    ['09 04 00 00 00 ff 00 00 00', {}, 'Interfaces are described by "interfaces" and "alternates".'],
    ['08 0b 00 02 ff 00 00 00', {}, 'is described by the "association" of the function.'],
    ['06 30 00 00 00 00', {}, 'of type 0x30, which does not belong here. The companion of an endpoint is made from'],
    ['05 0f 05 00 00', {}, 'BOS belongs to the gadget, not to a function.'],
    ['02 ff', {}, 'type 0xff is not known to FunctionFS.'],
  ])('is refused: "%s" in %j', (descriptor, setting, message) => {
    expect(messages({ ...setting, descriptors: [descriptor] })[0]).toContain(message);
  });
});
