import type { ErrnoCode } from '@gadgetloom/core';
import type { ConfigurationConfig, GadgetConfig } from '@gadgetloom/udc';
import { scenarioGadget } from '../scenario/gadget.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import { expectOutcome } from './fresh-instance.ts';
import type { Proof, RequirementGroup } from './requirement.ts';

/** What is different in the gadget, and what comes of making it. */
type Change = readonly [what: string, change: Partial<GadgetConfig>, expected: '0' | ErrnoCode];

const US_ENGLISH = 0x409;
const GERMAN = 0x407;
const FRENCH = 0x40c;
const LONGEST_NAME = 39;
const LONGEST_TEXT = 126;

const [configuration] = scenarioGadget.configurations as readonly [ConfigurationConfig];
const configured = (change: Partial<ConfigurationConfig>): Partial<GadgetConfig> => ({
  configurations: [{ ...configuration, ...change }],
});
const withFunction = (type: string, instance: string): Partial<GadgetConfig> =>
  configured({ functions: [{ type, instance }] });
const text = (product: string) => ({ strings: { [US_ENGLISH]: { product } } });

const NUMBERS: readonly Change[] = [
  ['a vendor of 16 bits', { vendorId: 0xffff }, '0'],
  ['a vendor of 17 bits', { vendorId: 0x10000 }, 'ERANGE'],
  ['a class of 9 bits', { deviceClass: 0x100 }, 'ERANGE'],
  ['a version of decimal digits', { deviceVersion: 0x0999 }, '0'],
  ['a version of another digit', { deviceVersion: 0x00a0 }, 'EINVAL'],
];

const CONFIGURATIONS: readonly Change[] = [
  ['value 255', configured({ value: 255 }), '0'],
  ['value 0', configured({ value: 0 }), 'EINVAL'],
  ['value 256', configured({ value: 256 }), 'ERANGE'],
  ['a label that is too long', configured({ label: 'c'.repeat(LONGEST_NAME) }), 'ENAMETOOLONG'],
  ['one value twice', { configurations: [configuration, { ...configuration, label: 'other' }] }, 'EBUSY'],
  ['2040 mA', configured({ maxPower: 2040 }), '0'],
  ['2041 mA', configured({ maxPower: 2041 }), 'ERANGE'],
];

const FUNCTIONS: readonly Change[] = [
  ['a type that there is not', withFunction('nothing', 'x'), 'ENOENT'],
  ['the longest name', withFunction('ffs', 'x'.repeat(LONGEST_NAME - 4)), '0'],
  ['a name that is too long', withFunction('ffs', 'x'.repeat(LONGEST_NAME - 3)), 'ENAMETOOLONG'],
  [
    'one function twice in a configuration',
    configured({ functions: [...configuration.functions, ...configuration.functions] }),
    'EEXIST',
  ],
];

const TEXTS: readonly Change[] = [
  ['the longest text', text('x'.repeat(LONGEST_TEXT)), '0'],
  ['a text that is too long', text('x'.repeat(LONGEST_TEXT + 1)), 'EOVERFLOW'],
  ['two languages', { strings: { [US_ENGLISH]: { product: 'x' }, [GERMAN]: { product: 'x' } } }, '0'],
  [
    'three languages',
    { strings: { [US_ENGLISH]: { product: 'x' }, [GERMAN]: { product: 'x' }, [FRENCH]: { product: 'x' } } },
    'EOVERFLOW',
  ],
  ['a language that there is not', { strings: { 0: { product: 'x' } } }, 'EINVAL'],
];

const URL_LIMIT = 252;
const webUsb = (change: object): Partial<GadgetConfig> => ({ webUsb: { vendorCode: 1, ...change } });

const WEBUSB: readonly Change[] = [
  ['a vendor code of 8 bits', webUsb({ vendorCode: 0xff }), '0'],
  ['a vendor code of 9 bits', webUsb({ vendorCode: 0x100 }), 'ERANGE'],
  ['a version of another digit', webUsb({ version: 0x00a0 }), 'EINVAL'],
  ['the longest landing page', webUsb({ landingPage: `https://${'x'.repeat(URL_LIMIT)}` }), '0'],
  ['a landing page that is too long', webUsb({ landingPage: `https://${'x'.repeat(URL_LIMIT + 1)}` }), 'EINVAL'],
];

/** An instance of a function belongs to one gadget. */
async function instanceTaken({ controller }: ScenarioStack): Promise<void> {
  await using _ = await controller.createGadget(scenarioGadget);
  await expectOutcome('an instance of another gadget', 'EBUSY', async () => {
    await using __ = await controller.createGadget({ ...scenarioGadget, name: 'other' });
  });
}

/** Gadgets that configfs makes, and that have nothing to run. */
async function bindNothing({ controller }: ScenarioStack): Promise<void> {
  for (const configurations of [[], [{ ...configuration, functions: [] }]]) {
    await using gadget = await controller.createGadget({ ...scenarioGadget, configurations });
    await expectOutcome(`binding ${configurations.length} configurations`, 'EBUSY', () => gadget.bind());
  }
}

/** Makes each gadget, and takes it away again. */
const makes =
  (changes: readonly Change[]): Proof =>
  async ({ controller }: ScenarioStack) => {
    for (const [what, change, expected] of changes)
      await expectOutcome(what, expected, async () => {
        await using _ = await controller.createGadget({ ...scenarioGadget, ...change });
      });
  };

/** What configfs lets a gadget be. */
export const GADGETS: RequirementGroup = {
  name: 'gadgets',
  title: 'What a gadget may be',
  requirements: [
    {
      id: 'gadget-numbers',
      sentence:
        'Numbers of a gadget fit their fields (else ERANGE), and versions are binary coded decimals (else EINVAL).',
      ...{ source: 'configfs.c, GI_DEVICE_DESC_SIMPLE_W_u16 and is_valid_bcd', needs: [], proof: makes(NUMBERS) },
    },
    {
      id: 'gadget-configurations',
      sentence: 'Configurations have values from 1 to 255, each once, and draw at most 2040 mA.',
      source: 'configfs.c, config_desc_make and gadget_config_desc_MaxPower_store',
      ...{ needs: [], proof: makes(CONFIGURATIONS) },
    },
    {
      id: 'gadget-functions',
      sentence:
        'Functions have a known type (else ENOENT), a name of at most 39 characters, and one place (else EEXIST).',
      source: 'configfs.c, function_make and config_usb_cfg_link',
      ...{ needs: [], proof: makes(FUNCTIONS) },
    },
    {
      id: 'gadget-texts',
      sentence: 'A gadget has texts of at most 126 bytes in at most two languages: else EOVERFLOW.',
      source: 'configfs.c, usb_string_copy and gadget_language_make',
      ...{ needs: [], proof: makes(TEXTS) },
    },
    {
      id: 'gadget-webusb',
      sentence:
        'A WebUSB landing page has at most 252 bytes after its scheme (else EINVAL), and a vendor code one byte (else ERANGE).',
      source: 'configfs.c, webusb_landingPage_store, webusb_bVendorCode_store and webusb_bcdVersion_store',
      ...{ needs: [], proof: makes(WEBUSB) },
    },
    {
      id: 'gadget-instance-taken',
      sentence: 'An instance of FunctionFS belongs to only one gadget: else EBUSY.',
      ...{ source: 'f_fs.c, ffs_set_inst_name and _ffs_name_dev', needs: [], proof: instanceTaken },
    },
    {
      id: 'gadget-empty',
      sentence: 'A gadget without a configuration, or with one that has no function, cannot be bound: EBUSY.',
      source: 'configfs.c, configfs_composite_bind; udc/core.c, usb_gadget_register_driver_owner',
      ...{ needs: [], proof: bindNothing },
    },
  ],
};
