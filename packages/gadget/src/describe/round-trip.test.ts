import type { AlternateSetting, ConfigurationTree } from '@gadgetloom/udc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryGadget } from '../../test/arbitrary-gadget.ts';
import { checkedBytes } from '../definition/bytes.ts';
import type { AlternateDefinition, GadgetDefinition } from '../definition/definition.ts';
import { interfacesOf, programFunctions } from '../definition/gadget-parts.ts';
import type { InterfaceMicrosoftOs, MicrosoftOsProperty } from '../definition/host-definition.ts';
import { numberOf, versionOf } from '../definition/numbers.ts';
import { settingClass } from '../definition/setting-class.ts';
import { plainLanguage, textIn } from '../definition/strings.ts';
import { describeGadget, type GadgetDescription } from './describe-gadget.ts';

describe('a definition, whatever it says', () => {
  it('is what its description says', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryGadget({ endpoints: 2 }), async (gadget) => {
        const description = await describeGadget(gadget);
        for (const one of description.speeds) {
          const [tree] = one.configurations;
          expect(tree?.interfaces.flatMap(({ alternates }) => alternates).map(codes)).toEqual(settingsOf(gadget));
          expect(associationsOf(tree!, description)).toEqual(associationsIn(gadget));
        }
        expect(classesOf(description)).toEqual(classesIn(gadget));
        expect(description.webUsb?.landingPage).toBe(gadget.webUsb?.landingPage);
        expect(description.webUsb?.version).toBe(gadget.webUsb && 0x0100);
        expect(windowsOf(description)).toEqual(windowsIn(gadget));
      }),
      { numRuns: 40 },
    );
  });
});

/** All interfaces of a gadget that has one configuration. */
const interfacesIn = (gadget: GadgetDefinition) =>
  programFunctions(gadget).flatMap(([, definition]) => interfacesOf(definition));

const codes = (setting: AlternateSetting) => ({
  class: setting.interfaceClass,
  subClass: setting.interfaceSubClass,
  protocol: setting.interfaceProtocol,
});

function settingsOf(gadget: GadgetDefinition) {
  return interfacesIn(gadget).flatMap(({ definition, settings }) =>
    settings.map(({ setting }) => settingClass(setting, definition)),
  );
}

function associationsOf({ interfaces }: ConfigurationTree, { speeds }: GadgetDescription) {
  return interfaces.flatMap(({ number, alternates }) =>
    alternates.flatMap(({ association }) => {
      if (association === undefined) return [];
      expect(association.firstInterface).toBe(number);
      const texts = speeds[0]!.strings.filter(({ index }) => index === association.stringIndex);
      return [[association.interfaceCount, texts.map(({ text }) => text)]];
    }),
  );
}

function associationsIn(gadget: GadgetDefinition) {
  const languages = languagesOf(gadget);
  return programFunctions(gadget).flatMap(([, definition]) => {
    const { association } = definition;
    if (association === undefined) return [];
    return [[interfacesOf(definition).length, expect.toSatisfy((texts: string[]) => saysSo(texts))]];

    function saysSo(texts: string[]): boolean {
      const { description } = association ?? {};
      if (description === undefined) return texts.length === 0;
      const wanted = languages.map((language) => textIn(description, language, languages[0]!));
      return texts.length > 0 && texts.every((text) => wanted.includes(text));
    }
  });
}

/** The language of plain text, and the others that the arbitrary gadgets have. */
const languagesOf = (gadget: GadgetDefinition) => [plainLanguage(gadget), 0x0409, 0x0407];

function classesOf({ speeds }: GadgetDescription) {
  return speeds[0]!.classDescriptors.flatMap(({ descriptor }) => {
    if (descriptor.kind === 'hid')
      return descriptor.descriptors.map(({ length }) => ['hid', descriptor.version, descriptor.country, length]);
    if (descriptor.kind === 'dfu')
      return [['dfu', descriptor.attributes, descriptor.detachTimeout, descriptor.transferSize]];
    return [['ccid', descriptor.maxSlotIndex, descriptor.features, descriptor.lcdLayout, descriptor.busySlots]];
  });
}

/** Typed class descriptors, and those that are given as bytes and have the form of a HID descriptor. */
function classesIn(gadget: GadgetDefinition) {
  return interfacesIn(gadget).flatMap(({ settings }) => settings.flatMap(({ setting }) => classIn(setting)));
}

function classIn({ hid, dfu, ccid, descriptors = [] }: AlternateDefinition): unknown[] {
  const found: unknown[] = [];
  if (hid !== undefined) {
    const length = hid.reportDescriptor === undefined ? hid.reportLength : checkedBytes(hid.reportDescriptor).length;
    found.push(['hid', versionOf(hid.version ?? '1.11'), numberOf(hid.country ?? 0), length]);
  }
  if (dfu !== undefined) {
    const { download, upload, manifestationTolerant, willDetach } = dfu.attributes ?? {};
    const bits = [download, upload, manifestationTolerant, willDetach].map((on, bit) => (on ? 1 << bit : 0));
    const attributes = bits.reduce((sum, bit) => sum | bit, 0);
    found.push(['dfu', attributes, dfu.detachTimeout ?? 0, dfu.transferSize]);
  }
  if (ccid !== undefined) {
    const { slots = 1, features = 0x0004_00be, lcdLayout = 0, busySlots = 1 } = ccid;
    found.push(['ccid', slots - 1, numberOf(features), lcdLayout, busySlots]);
  }
  for (const bytes of descriptors.map(checkedBytes))
    if (bytes[1] === 0x21 && bytes[5] === 1)
      found.push(['hid', bytes[2]! | (bytes[3]! << 8), bytes[4], bytes[7]! | (bytes[8]! << 8)]);
  return found;
}

function windowsOf({ microsoftOs }: GadgetDescription) {
  return microsoftOs?.interfaces.map(({ interfaceNumber, compatibleId, subCompatibleId, properties }) => [
    interfaceNumber,
    compatibleId,
    subCompatibleId,
    properties.map(({ name, type, value }) => [name, type, typeof value === 'string' ? value : [...value]]),
  ]);
}

function windowsIn(gadget: GadgetDefinition) {
  const interfaces = interfacesIn(gadget).map(({ definition }) => definition.microsoftOs);
  if (gadget.microsoftOs === undefined && interfaces.every((one) => one === undefined)) return undefined;
  return interfaces.map(
    ({ compatibleId = '', subCompatibleId = '', properties = {} }: InterfaceMicrosoftOs = {}, number) => [
      number,
      compatibleId,
      subCompatibleId,
      Object.entries(properties).map(([name, property]) => [name, ...propertyIn(property)]),
    ],
  );
}

const TYPES = { text: 1, expand: 2, link: 6 } as const;

function propertyIn(property: MicrosoftOsProperty): [number, string | number[]] {
  if (typeof property === 'string') return [TYPES.text, property];
  return 'bytes' in property ? [3, [...checkedBytes(property.bytes)]] : [TYPES[property.as ?? 'text'], property.text];
}
