import { z } from 'zod';
import { byte, bytes, field, fields, oneOf, text, version } from './field-kinds.ts';

/** The interface association of a function. */
export const association = fields('an association', {
  class: byte.meta(field('bFunctionClass; that of the first interface unless given.')).optional(),
  subclass: byte.meta(field('bFunctionSubClass; that of the first interface unless given.')).optional(),
  protocol: byte.meta(field('bFunctionProtocol; that of the first interface unless given.')).optional(),
  description: text.meta(field('What the host shows for the function (iFunction).')).optional(),
});

/** WebUSB of a gadget. */
export const webUsb = fields('WebUSB', {
  vendorCode: byte.meta(field('Number of the vendor request for the page; 0xce unless given.')).optional(),
  landingPage: z
    .string({ error: 'the address of a page, such as "https://example.com"' })
    .meta(field('The page that browsers offer.'))
    .optional(),
  version: version.meta(field('bcdVersion; "1.00" unless given.')).optional(),
});

const ascii = (from: number, to: number) => {
  const error = { error: `${from} to ${to} ASCII characters` };
  return z
    .string(error)
    .regex(/^[\x20-\x7e]*$/, error)
    .min(from, error)
    .max(to, error);
};

/** Microsoft OS descriptors of a gadget. */
export const microsoftOs = fields('the Microsoft OS descriptors', {
  vendorCode: byte.meta(field('Number of the vendor request for the descriptors; 0xcd unless given.')).optional(),
  signature: ascii(1, 7).meta(field('qwSignature; "MSFT100", which Windows knows, unless given.')).optional(),
  configuration: z
    .string({ error: 'the label of a configuration' })
    .meta(field('Label of the configuration that is described; the first unless given.'))
    .optional(),
});

/** Most bytes of a property: FunctionFS keeps its size in one byte (f_fs.c, __ffs_data_do_os_desc). */
const PROPERTY_LIMIT = 255;
const propertyText = { error: 'text of ASCII characters' };
const plain = z
  .string(propertyText)
  .regex(/^[\x20-\x7e]*$/, propertyText)
  .max(PROPERTY_LIMIT, propertyText);

const NO_LIST =
  'one text, because Linux does not send lists (composite.c, fill_ext_prop); ' +
  'WinUSB also takes a single GUID, as the property "DeviceInterfaceGUID"';

const property = z.union(
  [
    plain,
    fields('a property with text', { text: plain, as: oneOf('text', 'expand', 'link').optional() }),
    fields('a property with bytes', { bytes }),
  ],
  {
    error: (issue) =>
      Array.isArray(issue.input)
        ? NO_LIST
        : 'text, { text: TEXT, as: "text", "expand" or "link" }, or { bytes: BYTES }',
  },
);

const propertyName = { error: 'names of properties are 1 to 239 ASCII characters' };

/** Microsoft OS descriptors of an interface. */
export const interfaceMicrosoftOs = fields('the Microsoft OS descriptors of an interface', {
  compatibleId: ascii(1, 8)
    .meta({ ...field('Such as WINUSB.'), examples: ['WINUSB'] })
    .optional(),
  subCompatibleId: ascii(1, 8).optional(),
  properties: z
    .record(z.string().regex(/^[\x20-\x7e]{1,239}$/, propertyName), property, {
      error: 'an object: names of properties and their values',
    })
    .meta(field('Values that Windows writes into the registry of the device.'))
    .optional(),
});
