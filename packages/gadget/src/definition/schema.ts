import { KERNEL_FUNCTIONS, type KernelAttributes } from '@gadgetloom/udc/kernel-functions';
import { z } from 'zod';
import { classDescriptors } from './class-schema.ts';
import { endpoint } from './endpoint-schema.ts';
import { byte, field, fields, named, oneOf, text, version, whole, word, yesOrNo } from './field-kinds.ts';
import { association, interfaceMicrosoftOs, microsoftOs, webUsb } from './host-schema.ts';
import { LANGUAGE_TAGS } from './language.ts';

const setting = {
  class: byte
    .meta(field('bInterfaceClass; that of hid, dfu or ccid, or 0xff, vendor specific, unless given.'))
    .optional(),
  subclass: byte.meta(field('bInterfaceSubClass.')).optional(),
  protocol: byte.meta(field('bInterfaceProtocol.')).optional(),
  description: text.meta(field('What the host shows for the interface (iInterface).')).optional(),
  endpoints: named(endpoint, 'endpoint').meta(field('By name, in the order of their numbers.')).optional(),
  ...classDescriptors,
};

const interfaceFields = {
  ...setting,
  alternates: z
    .array(fields('an alternate setting', setting), { error: 'a list of at most 2 alternate settings' })
    .max(2, { error: 'a list of at most 2 alternate settings (f_fs.c, MAX_ALT_SETTINGS)' })
    .meta(field('Alternate settings 1 and 2.'))
    .optional(),
  microsoftOs: interfaceMicrosoftOs.meta(field('What Windows is told about the interface.')).optional(),
};

const kernelType = { error: 'the type of a function of the kernel, such as "acm"' };

const functionKinds = 'an object with the fields of a function, { use: MODULE }, or { kernel: TYPE }';

const functionDefinition = z.union(
  [
    fields('a function', {
      ...interfaceFields,
      interfaces: named(fields('an interface', interfaceFields), 'interface')
        .meta(field('Several interfaces instead of one, by name, in the order of their numbers.'))
        .optional(),
      association: association.meta(field('Tells the host that the interfaces are one function.')).optional(),
      allControlRecipients: yesOrNo('Control requests to the device and to others reach this function too.').optional(),
      setupBeforeConfiguration: yesOrNo(
        'Control requests reach this function before a configuration is chosen too.',
      ).optional(),
      kernel: z.never(kernelType).optional(),
    }),
    fields('a function of the kernel', {
      kernel: z.string(kernelType).meta({
        ...field('Type of a function that the kernel provides: acm, mass_storage, ncm ...'),
        enum: Object.keys(KERNEL_FUNCTIONS),
      }),
      // The attributes depend on the type; kernel-function-parts.ts checks them.
      attributes: z
        .record(z.string(), z.unknown() as z.ZodType<KernelAttributes[string]>, {
          error: 'an object: configfs attributes and their values',
        })
        .meta(field('configfs attributes by name, counted directories as lists: luns: [{ file: disk.img }].'))
        .optional(),
    }),
  ],
  { error: functionKinds },
);

/** The module checks the options of its function. */
const usedFunction = z
  .object(
    {
      use: z
        .string({ error: 'the name of a package, or the path of a module that starts with "./"' })
        .min(1, { error: 'the name of a package, or the path of a module that starts with "./"' })
        .meta(field('Package or module that provides the function; the other fields are its options.')),
    },
    { error: 'an object with the module of a function, such as { use: ./my-scope.js }' },
  )
  .catchall(z.unknown());

const power = {
  maxPower: whole(0, 900, 'a whole number of mA from 0 to 900, the most that a port gives (USB 3.2, 9.6.3)')
    .meta(field('What the device takes from the bus, in mA.'))
    .optional(),
  selfPowered: yesOrNo('The device has its own power supply.').optional(),
  remoteWakeup: yesOrNo('The device may wake the host.').optional(),
};

const configuration = fields('a configuration', {
  value: whole(1, 255).meta(field('bConfigurationValue; counted from 1 unless given.')).optional(),
  description: text.meta(field('What the host shows for the configuration (iConfiguration).')).optional(),
  functions: z
    .array(z.string({ error: 'the name of a function' }), { error: 'a list of names of functions' })
    .min(1, { error: 'a list of at least one function' })
    .meta(field('Names of functions, in the order of their interfaces.')),
  ...power,
});

const environment = z
  .object(
    {
      backend: z.string({ error: 'the name of a backend, such as "mock"' }).meta(field('Name of the backend.')),
    },
    { error: 'an object with a backend, such as { backend: mock }' },
  )
  .catchall(z.unknown());

/** The schema of gadget files. The JSON Schema and the checks are both made from it. */
export const gadgetSchema = fields('a gadget', {
  $schema: z.string({ error: 'text' }).meta(field('For editors; ignored.')).optional(),
  name: z
    .string({ error: 'text' })
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,38}$/, { error: '1 to 39 letters, digits, "_", "-" or "."' })
    .meta(field('Name of the gadget in the kernel. Made from product unless given.'))
    .optional(),
  vendorId: word.meta(field('idVendor.')),
  productId: word.meta(field('idProduct.')),
  deviceVersion: version.meta(field('bcdDevice: "1.05", or 0x0105.')).optional(),
  usbVersion: version.meta(field('bcdUSB: "2.10", or 0x0210. The kernel puts in its own for the speed.')).optional(),
  class: byte.meta(field('bDeviceClass; 0, each interface says its own, unless given.')).optional(),
  subclass: byte.meta(field('bDeviceSubClass.')).optional(),
  protocol: byte.meta(field('bDeviceProtocol.')).optional(),
  language: z
    .string({ error: 'a language tag, such as "en-US"' })
    .meta({ ...field('Language of plain text; en-US unless given.'), examples: LANGUAGE_TAGS })
    .optional(),
  manufacturer: text.optional(),
  product: text.optional(),
  serialNumber: text.optional(),
  maxSpeed: oneOf('full', 'high', 'super', 'super-plus')
    .meta(field('The fastest that the device will run.'))
    .optional(),
  ...power,
  webUsb: webUsb.meta(field('A page for the device, which browsers offer.')).optional(),
  microsoftOs: microsoftOs
    .meta(field('Descriptors by which Windows finds drivers. Also on if an interface has microsoftOs.'))
    .optional(),
  functions: named(z.union([...functionDefinition.options, usedFunction], { error: functionKinds }), 'function').meta(
    field('What the device does, by name.'),
  ),
  configurations: named(configuration, 'configuration')
    .meta(field('By label. One with every function unless given.'))
    .optional(),
  environments: named(environment, 'environment')
    .meta(field('Which backend runs the gadget where; GADGETLOOM_ENV picks the row, default is used without it.'))
    .optional(),
});

/** JSON Schema (draft 2020-12) of gadget files, as published in `@gadgetloom/gadget/gadget.schema.json`. */
export function gadgetJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(gadgetSchema, { io: 'input' });
  return {
    $schema,
    $id: 'https://unpkg.com/@gadgetloom/gadget/gadget.schema.json',
    title: 'Gadgetloom gadget',
    description: 'A USB device: what it is, what it does, and which backend runs it where.',
    ...rest,
  };
}
