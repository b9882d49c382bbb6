import { isKernelError, KernelError } from '@gadgetloom/core';
import type { GadgetConfig } from '../controller.ts';
import type { StringTable } from '../usb-function.ts';
import type { CompositeDevice } from './composite-device.ts';
import { type Configuration, ConfigurationAttribute, DEFAULT_VBUS_DRAW } from './configuration.ts';
import type { LinkedFunction } from './linked-function.ts';

/** Largest current in mA at which a device counts as self-powered (USB_SELF_POWER_VBUS_MAX_DRAW). */
const SELF_POWERED_DRAW = 100;

/**
 * Binds the functions of all configurations, in the order of the configurations and links.
 * Source: drivers/usb/gadget/configfs.c, configfs_composite_bind.
 *
 * @throws KernelError EINVAL no configuration, one without functions, languages that do not match; what a function
 *   refuses with. Nothing stays bound.
 */
export function bindComposite(device: CompositeDevice): void {
  const { config, configurations, core, strings } = device;
  if (DEFAULT_VBUS_DRAW <= SELF_POWERED_DRAW) core.controller.setSelfPowered?.(true);
  core.autoconfig.reset();
  checkFunctions(device);
  const tables = deviceTables(config);
  if (tables.length > 0) device.ids = strings.attach(tables);
  try {
    for (const configuration of configurations) bindConfiguration(device, configuration);
  } catch (refusal) {
    purgeComposite(device);
    throw refusal;
  }
  core.autoconfig.reset();
}

/** Unbinds the functions of all configurations, the latest first within each (purge_configs_funcs). */
export function purgeComposite({ configurations }: CompositeDevice): void {
  const failures: unknown[] = [];
  for (const configuration of configurations) {
    for (const link of configuration.functions.toReversed()) {
      try {
        link.function.unbind();
      } catch (failure) {
        failures.push(failure);
      }
      link.ownStrings = [];
    }
    configuration.clear();
  }
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'unbind failed');
}

function checkFunctions({ config, configurations }: CompositeDevice): void {
  const operation = `bind gadget ${config.name}`;
  if (configurations.length === 0) {
    throw new KernelError('EINVAL', operation, 'the gadget needs at least one configuration.');
  }
  for (const { label, value, links } of configurations) {
    if (links.length > 0) continue;
    throw new KernelError('EINVAL', operation, `configuration ${label}.${value} needs at least one function.`);
  }
}

/** Manufacturer, product, serial number and further strings, one table per language. */
function deviceTables({ name, strings = {} }: GadgetConfig): StringTable[] {
  const tables = Object.entries(strings).map(([language, texts]) => ({
    language: Number(language),
    strings: [texts.manufacturer, texts.product, texts.serialNumber, ...Object.values(texts.extra ?? {})].map(stored),
  }));
  if (tables.some((table) => table.strings.length !== tables[0]?.strings.length)) {
    throw new KernelError('EINVAL', `bind gadget ${name}`, 'all languages must have the same number of strings.');
  }
  return tables;
}

/** A text as configfs keeps it: without one trailing newline, and empty if nothing was written. */
function stored(text = ''): string {
  return text.replace(/\n$/, '');
}

function bindConfiguration(device: CompositeDevice, configuration: Configuration): void {
  const { controller, autoconfig } = device.core;
  if (configuration.remoteWakeup && !controller.wakeupCapable && controller.setRemoteWakeup !== undefined) {
    configuration.attributes &= ~ConfigurationAttribute.REMOTE_WAKEUP;
  }
  const texts = Object.entries(configuration.config.strings ?? {});
  if (texts.length > 0) {
    const tables = texts.map(([language, text]) => ({ language: Number(language), strings: [stored(text)] }));
    configuration.textId = device.strings.attach(tables)[0]!;
  }
  for (const link of configuration.links) addFunction(device, configuration, link);
  controller.checkConfiguration?.();
  autoconfig.reset();
}

/** usb_add_function. */
function addFunction(device: CompositeDevice, configuration: Configuration, link: LinkedFunction): void {
  if (link.function.bindDeactivated) device.deactivate();
  try {
    link.function.bind(link);
  } catch (refusal) {
    if (!isKernelError(refusal)) throw refusal;
    const { refusal: noEndpoint } = device.core.autoconfig;
    const sentence = sentenceOf(refusal);
    const advice = noEndpoint === undefined ? sentence : `${sentence} (${noEndpoint})`;
    const where = `${link.function.name} in configuration ${configuration.label}.${configuration.value}`;
    throw new KernelError(refusal.code, `bind function ${where}`, advice, { cause: refusal });
  }
  configuration.functions.push(link);
  configuration.noteSpeeds(link);
}

/** The message without operation and errno. */
function sentenceOf({ message, operation, code }: KernelError): string {
  const prefix = `${operation}: ${code}: `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}
