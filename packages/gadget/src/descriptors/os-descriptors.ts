import type { OsCompatibleId, OsDescriptor, OsProperty } from '@gadgetloom/functionfs';
import { checkedBytes } from '../definition/bytes.ts';
import type { GadgetDefinition, ProgramFunction } from '../definition/definition.ts';
import { interfacesOf } from '../definition/gadget-parts.ts';
import type { MicrosoftOsProperty } from '../definition/host-definition.ts';
import { microsoftOsPlan } from '../definition/microsoft-os.ts';

/** dwPropertyDataType (u_os_desc.h). */
const PROPERTY_TYPES = { text: 1, expand: 2, bytes: 3, link: 6 } as const;

/**
 * Makes the Microsoft OS descriptors of a function. If the gadget has such descriptors, every interface gets a
 * compatible id, if need be an empty one: the kernel takes an interface without any for interface 0 (f_fs.c,
 * __ffs_func_bind_do_os_desc), and would list that one several times.
 */
export function osDescriptors(gadget: GadgetDefinition, definition: ProgramFunction): OsDescriptor[] {
  if (microsoftOsPlan(gadget) === undefined) return [];
  const interfaces = interfacesOf(definition).map(({ definition: { microsoftOs } }) => microsoftOs ?? {});
  const functions = interfaces.map(
    ({ compatibleId = '', subCompatibleId = '' }, firstInterface): OsCompatibleId => ({
      firstInterface,
      compatibleId,
      subCompatibleId,
    }),
  );
  const properties = interfaces.flatMap((one, number): OsDescriptor[] => {
    const list = Object.entries(one.properties ?? {}).map(([name, property]) => osProperty(name, property));
    return list.length === 0 ? [] : [{ type: 'properties', interface: number, properties: list }];
  });
  return [{ type: 'compatible-ids', interface: 0, functions }, ...properties];
}

/** The kernel makes UTF-16 of names and texts and counts on the zero at their end (usb_ext_prop_put_unicode). */
function osProperty(name: string, property: MicrosoftOsProperty): OsProperty {
  const ended = `${name}\0`;
  if (typeof property !== 'string' && 'bytes' in property)
    return { dataType: PROPERTY_TYPES.bytes, name: ended, data: checkedBytes(property.bytes) };
  const { text, as = 'text' } = typeof property === 'string' ? { text: property } : property;
  return { dataType: PROPERTY_TYPES[as], name: ended, data: new TextEncoder().encode(`${text}\0`) };
}
