import type { ConfigurationConfig, FunctionConfig, GadgetConfig, GadgetStrings } from '@gadgetloom/udc';
import type { FunctionDefinition, GadgetDefinition, Text } from '../definition/definition.ts';
import { configurationsOf, isKernelFunction, programFunctions } from '../definition/gadget-parts.ts';
import { kernelFunctionParts } from '../definition/kernel-function-parts.ts';
import { DEFAULT_VENDOR_CODES, microsoftOsPlan } from '../definition/microsoft-os.ts';
import { numberOf, versionOf } from '../definition/numbers.ts';
import { languagesOf, plainLanguage, textIn } from '../definition/strings.ts';

/** Makes the configuration that the kernel creates for a gadget. */
export function gadgetConfig(gadget: GadgetDefinition): GadgetConfig {
  const strings = deviceStrings(gadget);
  return {
    name: gadgetName(gadget),
    vendorId: numberOf(gadget.vendorId),
    productId: numberOf(gadget.productId),
    ...(gadget.deviceVersion !== undefined && { deviceVersion: versionOf(gadget.deviceVersion) }),
    ...(gadget.usbVersion !== undefined && { usbVersion: versionOf(gadget.usbVersion) }),
    ...deviceClass(gadget),
    ...(gadget.maxSpeed !== undefined && { maxSpeed: gadget.maxSpeed }),
    ...(strings !== undefined && { strings }),
    configurations: configurations(gadget),
    ...hostDescriptors(gadget),
  };
}

/** Hosts look for associations only in devices of this class (USB 3.2, table 9-16). */
const ASSOCIATED = { deviceClass: 0xef, deviceSubClass: 0x02, deviceProtocol: 0x01 } as const;

function deviceClass(gadget: GadgetDefinition): Partial<GadgetConfig> {
  const associated = programFunctions(gadget).some(([, { association }]) => association !== undefined);
  return {
    ...(gadget.class === undefined && associated && ASSOCIATED),
    ...(gadget.class !== undefined && { deviceClass: numberOf(gadget.class) }),
    ...(gadget.subclass !== undefined && { deviceSubClass: numberOf(gadget.subclass) }),
    ...(gadget.protocol !== undefined && { deviceProtocol: numberOf(gadget.protocol) }),
  };
}

/** What browsers and Windows are told. */
function hostDescriptors(gadget: GadgetDefinition): Partial<GadgetConfig> {
  const { webUsb } = gadget;
  const microsoftOs = microsoftOsPlan(gadget);
  return {
    ...(webUsb !== undefined && {
      webUsb: {
        vendorCode: numberOf(webUsb.vendorCode ?? DEFAULT_VENDOR_CODES.webUsb),
        ...(webUsb.version !== undefined && { version: versionOf(webUsb.version) }),
        ...(webUsb.landingPage !== undefined && { landingPage: webUsb.landingPage }),
      },
    }),
    ...(microsoftOs !== undefined && {
      osDescriptors: {
        vendorCode: microsoftOs.vendorCode,
        ...(microsoftOs.signature !== undefined && { signature: microsoftOs.signature }),
        ...(microsoftOs.configuration !== undefined && { configuration: microsoftOs.configuration }),
      },
    }),
  };
}

/** Returns the name of the gadget in the kernel: the given one, or the product's name in lower case. */
export function gadgetName(gadget: GadgetDefinition): string {
  if (gadget.name !== undefined) return gadget.name;
  const product =
    gadget.product === undefined ? '' : textIn(gadget.product, plainLanguage(gadget), plainLanguage(gadget));
  const letters = product
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 39)
    .replaceAll(/^-|-$/g, '');
  return letters === '' ? 'gadgetloom' : letters;
}

function deviceStrings(gadget: GadgetDefinition): Record<number, GadgetStrings> | undefined {
  const { manufacturer, product, serialNumber } = gadget;
  const plain = plainLanguage(gadget);
  const languages = languagesOf([manufacturer, product, serialNumber], plain);
  if (languages.length === 0) return undefined;
  const strings = (language: number): GadgetStrings => ({
    ...(manufacturer !== undefined && { manufacturer: textIn(manufacturer, language, plain) }),
    ...(product !== undefined && { product: textIn(product, language, plain) }),
    ...(serialNumber !== undefined && { serialNumber: textIn(serialNumber, language, plain) }),
  });
  return Object.fromEntries(languages.map((language) => [language, strings(language)]));
}

function configurations(gadget: GadgetDefinition): ConfigurationConfig[] {
  return configurationsOf(gadget).map(({ label, value, definition }) => {
    const maxPower = definition.maxPower ?? gadget.maxPower;
    const selfPowered = definition.selfPowered ?? gadget.selfPowered;
    const remoteWakeup = definition.remoteWakeup ?? gadget.remoteWakeup;
    return {
      value,
      label,
      ...(definition.description !== undefined && { strings: textByLanguage(definition.description, gadget) }),
      ...(maxPower !== undefined && { maxPower }),
      ...(selfPowered !== undefined && { selfPowered }),
      ...(remoteWakeup !== undefined && { remoteWakeup }),
      functions: definition.functions.map((name) => functionConfig(name, gadget.functions[name]!)),
    };
  });
}

function textByLanguage(text: Text, gadget: GadgetDefinition): Record<number, string> {
  const plain = plainLanguage(gadget);
  return Object.fromEntries(languagesOf([text], plain).map((language) => [language, textIn(text, language, plain)]));
}

function functionConfig(name: string, definition: FunctionDefinition): FunctionConfig {
  if (!isKernelFunction(definition)) return { type: 'ffs', instance: name };
  return { type: definition.kernel, instance: name, ...kernelFunctionParts(definition, ['functions', name]).parts };
}
