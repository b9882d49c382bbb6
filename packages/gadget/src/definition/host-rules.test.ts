import { describe, expect, it } from 'vitest';
import { gadgetProblems } from './check.ts';

/** What is said about a gadget with these fields. */
function messages(changes: Record<string, unknown>): string[] {
  return gadgetProblems({ vendorId: 1, productId: 2, functions: { f: {} }, ...changes }).map(({ message }) => message);
}

/** What is said about a gadget with an interface that tells Windows this. */
const os = (microsoftOs: unknown, changes: Record<string, unknown> = {}) =>
  messages({ functions: { f: { microsoftOs } }, ...changes });
const properties = (value: unknown) => os({ compatibleId: 'WINUSB', properties: value });
const GUID = '{88bae032-5a81-49f0-bc3d-a4ff138216d6}';

describe('a landing page', () => {
  it.each(['https://example.com', 'HTTP://a/b?c#d', `https://${'x'.repeat(244)}`])('is right: %s', (landingPage) => {
    expect(messages({ webUsb: { landingPage } })).toEqual([]);
  });

  it.each([
    ['example.com', 'webUsb.landingPage is "example.com"; allowed is an address such as "https://example.com".'],
    ['https://', 'webUsb.landingPage is "https://"; allowed is an address such as "https://example.com".'],
    ['https://a b', 'webUsb.landingPage is "https://a b"; allowed is an address such as "https://example.com".'],
    [`https://${'x'.repeat(245)}`, 'webUsb.landingPage has 253 characters; Linux sends 252 (composite.c).'],
  ])('is refused: %s', (landingPage, message) => {
    expect(messages({ webUsb: { landingPage } })).toEqual([message]);
  });
});

describe('Microsoft OS descriptors', () => {
  it.each([
    {},
    { compatibleId: 'WINUSB' },
    { compatibleId: 'WINUSB', subCompatibleId: '12345678', properties: { DeviceInterfaceGUID: GUID } },
    { properties: { Label: 'scope', Path: { text: '%SystemRoot%', as: 'expand' }, Icon: { bytes: '00 01' } } },
  ])('are right: %j', (microsoftOs) => {
    expect(os(microsoftOs)).toEqual([]);
  });

  it.each([
    [
      { DeviceInterfaceGUIDs: [GUID] },
      'functions.f.microsoftOs.properties.DeviceInterfaceGUIDs is a list; allowed is one text, because Linux does not ' +
        'send lists (composite.c, fill_ext_prop); WinUSB also takes a single GUID, as the property "DeviceInterfaceGUID".',
    ],
    [
      { DeviceInterfaceGUID: '88bae032' },
      `functions.f.microsoftOs.properties.DeviceInterfaceGUID is "88bae032"; allowed is a GUID such as "${GUID}".`,
    ],
    [
      { Label: 'x'.repeat(240) },
      'functions.f.microsoftOs.properties.Label takes 261 bytes with its name; FunctionFS takes 255 (f_fs.c, ' +
        '__ffs_data_do_os_desc).',
    ],
    [{ Label: 'ä' }, 'functions.f.microsoftOs.properties.Label is "ä"; allowed is text of ASCII characters.'],
    [
      Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`Label${n}`, 'x'.repeat(200)])),
      'functions.f.microsoftOs.properties take 4310 bytes in the answer to the host; Linux sends 4095 ' +
        '(USB_COMP_EP0_OS_DESC_BUFSIZ).',
    ],
  ])('have properties that the kernel can send: not %j', (value, message) => {
    expect(properties(value)).toEqual([message]);
  });

  it('have ids of eight characters', () => {
    expect(os({ compatibleId: 'WINUSB.SYS' })).toEqual([
      'functions.f.microsoftOs.compatibleId is "WINUSB.SYS"; allowed is 1 to 8 ASCII characters.',
    ]);
    expect(messages({ microsoftOs: { signature: 'MSFT1000' } })).toEqual([
      'microsoftOs.signature is "MSFT1000"; allowed is 1 to 7 ASCII characters.',
    ]);
  });

  it('describe a configuration that is there and has the functions', () => {
    const functions = { f: { microsoftOs: { compatibleId: 'WINUSB' } }, g: {} };
    const configurations = { main: { functions: ['f'] }, other: { functions: ['g'] } };
    const both = { functions, configurations };
    expect(messages(both)).toEqual([]);
    expect(messages({ ...both, microsoftOs: { configuration: 'mian' } })).toEqual([
      'microsoftOs.configuration is "mian", which is no configuration; there are main, other; did you mean "main"?',
    ]);
    expect(messages({ ...both, microsoftOs: { configuration: 'other' } })).toEqual([
      'function "f" has microsoftOs, and Windows would not see it: only configuration "other" is described ' +
        '(as microsoftOs.configuration says), and the function is not in it.',
    ]);
  });

  it('have another vendor code than WebUSB', () => {
    const same =
      'webUsb and microsoftOs have the same vendor code, 0x1, so the host would not get the page. Give one of';
    expect(messages({ webUsb: { vendorCode: 1 }, microsoftOs: { vendorCode: '0x01' } })[0]).toContain(same);
    expect(os({ compatibleId: 'WINUSB' }, { webUsb: { vendorCode: 0xcd } })[0]).toContain('the same vendor code, 0xcd');
    expect(messages({ webUsb: {}, microsoftOs: {} })).toEqual([]);
  });
});
