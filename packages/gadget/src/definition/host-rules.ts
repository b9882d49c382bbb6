import { suggestion } from '@gadgetloom/core';
import { checkedBytes } from './bytes.ts';
import type { GadgetDefinition, ProgramFunction } from './definition.ts';
import { configurationsOf, interfacesOf } from './gadget-parts.ts';
import type { InterfaceMicrosoftOs, MicrosoftOsProperty } from './host-definition.ts';
import { DEFAULT_VENDOR_CODES, describedInterfaces, microsoftOsPlan } from './microsoft-os.ts';
import { numberOf } from './numbers.ts';
import { type FieldPath, fieldName, type Problem, shown } from './problem.ts';

/**
 * Most characters of a landing page, with its scheme. A URL descriptor has 255 bytes, which is what browsers ask for;
 * Linux fills the answer with zeros if the whole address does not fit behind its header (composite.c, composite_setup).
 */
const PAGE_LIMIT = 252;
/** Bytes of a property: FunctionFS keeps dwSize in one byte (f_fs.c, __ffs_data_do_os_desc). */
const PROPERTY_LIMIT = 255;
/** Bytes of a property without its name and its data. */
const PROPERTY_OVERHEAD = 14;
/** Bytes of the answer with all properties of an interface, less one (composite.h, USB_COMP_EP0_OS_DESC_BUFSIZ). */
const PROPERTIES_LIMIT = 4095;
const PROPERTIES_HEADER = 10;
const GUID = /^\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$/i;

/** Returns the problems of what a gadget tells browsers. */
export function webUsbProblems({ webUsb }: GadgetDefinition): Problem[] {
  const page = webUsb?.landingPage;
  if (page === undefined) return [];
  const path = ['webUsb', 'landingPage'];
  const scheme = /^https?:\/\//i.exec(page)?.[0];
  if (scheme === undefined || !/^[\x21-\x7e]+$/.test(page.slice(scheme.length)))
    return [value(path, `${fieldName(path)} is ${shown(page)}; allowed is an address such as "https://example.com".`)];
  if (page.length <= PAGE_LIMIT) return [];
  return [value(path, `${fieldName(path)} has ${page.length} characters; Linux sends ${PAGE_LIMIT} (composite.c).`)];
}

/** Returns the problems of what a gadget tells Windows, without those of its interfaces. */
export function microsoftOsProblems(gadget: GadgetDefinition): Problem[] {
  const plan = microsoftOsPlan(gadget);
  if (plan === undefined) return [];
  const problems: Problem[] = [];
  const { webUsb, microsoftOs } = gadget;
  if (webUsb !== undefined && numberOf(webUsb.vendorCode ?? DEFAULT_VENDOR_CODES.webUsb) === plan.vendorCode) {
    const path = webUsb.vendorCode === undefined ? ['microsoftOs', 'vendorCode'] : ['webUsb', 'vendorCode'];
    const code = `0x${plan.vendorCode.toString(16)}`;
    problems.push(
      value(
        path,
        `webUsb and microsoftOs have the same vendor code, ${code}, so the host would not get the page. Give one of them another number.`,
      ),
    );
  }
  const labels = configurationsOf(gadget).map(({ label }) => label);
  if (plan.configuration === undefined) {
    const found = `microsoftOs.configuration is "${plan.label}", which is no configuration`;
    problems.push(
      value(
        ['microsoftOs', 'configuration'],
        `${found}; there are ${labels.join(', ')}${suggestion(plan.label, labels)}`,
      ),
    );
    return problems;
  }
  const described = configurationsOf(gadget).find(({ label }) => label === plan.label)?.definition.functions ?? [];
  const outside = new Set(describedInterfaces(gadget).map((one) => one.function));
  for (const name of described) outside.delete(name);
  const chosen = microsoftOs?.configuration === undefined ? 'the first one' : 'as microsoftOs.configuration says';
  for (const name of outside)
    problems.push({
      path: ['functions', name],
      at: 'key',
      message:
        `function "${name}" has microsoftOs, and Windows would not see it: only configuration "${plan.label}" is described ` +
        `(${chosen}), and the function is not in it.`,
    });
  return problems;
}

/** Returns the problems of what the interfaces of a function tell Windows. */
export function interfaceOsProblems(definition: ProgramFunction, path: FieldPath): Problem[] {
  return interfacesOf(definition, path).flatMap(({ definition: { microsoftOs }, path: place }) =>
    microsoftOs === undefined ? [] : propertiesProblems(microsoftOs, [...place, 'microsoftOs', 'properties']),
  );
}

function propertiesProblems({ properties = {} }: InterfaceMicrosoftOs, path: FieldPath): Problem[] {
  const problems: Problem[] = [];
  let answer = PROPERTIES_HEADER;
  for (const [name, property] of Object.entries(properties)) {
    const place = [...path, name];
    const data = dataOf(property);
    // Text ends with a zero. The host gets every character in two bytes.
    const text = typeof data === 'string';
    const size = PROPERTY_OVERHEAD + name.length + 1 + data.length + (text ? 1 : 0);
    answer += PROPERTY_OVERHEAD + 2 * (name.length + 1) + (text ? 2 * (data.length + 1) : data.length);
    if (size > PROPERTY_LIMIT)
      problems.push(
        value(
          place,
          `${fieldName(place)} takes ${size} bytes with its name; FunctionFS takes ${PROPERTY_LIMIT} (f_fs.c, __ffs_data_do_os_desc).`,
        ),
      );
    else if (/^DeviceInterfaceGUIDs?$/.test(name) && (!text || !GUID.test(data)))
      problems.push(
        value(
          place,
          `${fieldName(place)} is ${shown(property)}; allowed is a GUID such as "{88bae032-5a81-49f0-bc3d-a4ff138216d6}".`,
        ),
      );
  }
  if (answer > PROPERTIES_LIMIT)
    problems.push(
      value(
        path,
        `${fieldName(path)} take ${answer} bytes in the answer to the host; Linux sends ${PROPERTIES_LIMIT} (USB_COMP_EP0_OS_DESC_BUFSIZ).`,
      ),
    );
  return problems;
}

function dataOf(property: MicrosoftOsProperty): string | Uint8Array {
  if (typeof property === 'string') return property;
  return 'text' in property ? property.text : checkedBytes(property.bytes);
}

const value = (path: FieldPath, message: string): Problem => ({ path, at: 'value', message });
