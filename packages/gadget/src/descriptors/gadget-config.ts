import type { ConfigurationConfig, FunctionConfig, GadgetConfig, GadgetStrings } from '@gadgetloom/udc';
import type { FunctionDefinition, GadgetDefinition, Text } from '../definition/definition.ts';
import { configurationsOf, isKernelFunction } from '../definition/gadget-parts.ts';
import { kernelFunctionParts } from '../definition/kernel-function-parts.ts';
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
    ...(gadget.class !== undefined && { deviceClass: numberOf(gadget.class) }),
    ...(gadget.subclass !== undefined && { deviceSubClass: numberOf(gadget.subclass) }),
    ...(gadget.protocol !== undefined && { deviceProtocol: numberOf(gadget.protocol) }),
    ...(gadget.maxSpeed !== undefined && { maxSpeed: gadget.maxSpeed }),
    ...(strings !== undefined && { strings }),
    configurations: configurations(gadget),
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
