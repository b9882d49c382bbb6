import { type ClassDescriptor, type ConfigurationTree, decodeClassDescriptor } from '@gadgetloom/udc';

/** A class descriptor, and the alternate setting that it belongs to. */
export interface DescribedClass {
  /** bConfigurationValue. */
  readonly configuration: number;
  /** bInterfaceNumber. */
  readonly interface: number;
  /** bAlternateSetting. */
  readonly alternate: number;
  readonly descriptor: ClassDescriptor;
}

/** Decodes the class descriptors of HID, DFU and CCID interfaces. */
export function classDescriptorsOf(configurations: readonly ConfigurationTree[]): DescribedClass[] {
  return configurations.flatMap(({ value, interfaces }) =>
    interfaces.flatMap(({ number, alternates }) =>
      alternates.flatMap((setting) =>
        setting.extra.flatMap((bytes) => {
          const descriptor = decodeClassDescriptor(bytes, setting);
          const { alternate } = setting;
          return descriptor === undefined ? [] : [{ configuration: value, interface: number, alternate, descriptor }];
        }),
      ),
    ),
  );
}
