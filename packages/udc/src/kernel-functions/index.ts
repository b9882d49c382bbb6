export { type AttributeValue, attributeMisfit, attributeText, showsSame } from './attribute-text.ts';
export { entryNamed, type KernelFunctionEntry, kernelFunction, kernelFunctionEntry } from './entry.ts';
export { kernelInterfaceCount } from './interface-count.ts';
export type { KernelAttributes, KernelAttributesOf } from './kernel-attributes.ts';
export type {
  AttributeRule,
  BooleanRule,
  BytesRule,
  ChoiceRule,
  DirectoryRule,
  EthernetAddressRule,
  InterfaceNameRule,
  KernelFunctionRule,
  ListRule,
  NumberRule,
  NumbersRule,
  PathRule,
  TextRule,
} from './rules.ts';
export { KERNEL_FUNCTIONS, type KernelFunctionType } from './table.ts';
