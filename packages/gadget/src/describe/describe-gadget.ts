import { InputError, ResourceScope, VirtualClock } from '@gadgetloom/core';
import { DmaBufModel } from '@gadgetloom/dmabuf/model';
import { FunctionFsModel } from '@gadgetloom/functionfs/model';
import { KernelFunctions } from '@gadgetloom/kernel-functions/model';
import {
  type ConfigurationTree,
  type ControllerFeatures,
  DescriptorType,
  type DeviceCapability,
  type DeviceDescriptor,
  decodeBos,
  decodeConfiguration,
  decodeDeviceDescriptor,
  decodeLanguages,
  decodeQualifierDescriptor,
  decodeStringDescriptor,
  type QualifierDescriptor,
  Request,
  USB_DIR_IN,
} from '@gadgetloom/udc';
import { FunctionRegistry, UdcModel } from '@gadgetloom/udc/model';
import { checkGadget, fieldError, gadgetProblemsError } from '../definition/check.ts';
import type { GadgetDefinition } from '../definition/definition.ts';
import { isKernelFunction, isUsedFunction } from '../definition/gadget-parts.ts';
import { interfaceCount } from '../definition/interface-numbers.ts';
import { fitProblems } from '../descriptors/endpoint-fit.ts';
import { type DescribedSpeed, reachableSpeeds } from '../descriptors/speed.ts';
import { functionEndpoints } from '../stack/function-endpoints.ts';
import { openGadget } from '../stack/open-gadget.ts';
import { classDescriptorsOf, type DescribedClass } from './described-class.ts';
import { DescribedController, type DescribedHardware } from './described-controller.ts';
import { describeHost, type MicrosoftOsDescription, type WebUsbDescription } from './host-description.ts';
import { type InterfaceOwner, type NamedEndpoint, nameEndpoints } from './named-endpoints.ts';
import { registerUnknown } from './unknown-function.ts';

/** A string descriptor. */
export interface DescribedString {
  /** Index by which descriptors refer to it, 1 to 255. */
  readonly index: number;
  /** Language id. */
  readonly language: number;
  readonly text: string;
}

/** Everything that a host can read of a device at one speed. */
export interface SpeedDescription {
  readonly speed: DescribedSpeed;
  readonly device: DeviceDescriptor;
  /** The device at the other USB 2 speed. */
  readonly qualifier: QualifierDescriptor | undefined;
  /** One for each configuration, in the order in which the host reads them. */
  readonly configurations: readonly ConfigurationTree[];
  /** The configurations at the other USB 2 speed. */
  readonly otherSpeedConfigurations: readonly ConfigurationTree[];
  /** Device capabilities of the binary object store. */
  readonly bos: readonly DeviceCapability[] | undefined;
  readonly strings: readonly DescribedString[];
  /** The class descriptors of HID, DFU and CCID interfaces, which the configurations have as bytes. */
  readonly classDescriptors: readonly DescribedClass[];
  /** The descriptors as bytes, in the order: device, qualifier, configurations, other-speed configurations, BOS. */
  readonly bytes: readonly Uint8Array[];
}

/** The descriptors that a host would read from a gadget. */
export interface GadgetDescription {
  readonly speeds: readonly SpeedDescription[];
  /** The endpoint of the gadget behind each address, by bConfigurationValue. */
  readonly endpoints: readonly NamedEndpoint[];
  /** What browsers are told, if the gadget has WebUSB. */
  readonly webUsb: WebUsbDescription | undefined;
  /** What Windows is told, if the gadget has Microsoft OS descriptors. */
  readonly microsoftOs: MicrosoftOsDescription | undefined;
  /** Name of the controller that the description is made for. Without one, endpoint numbers are those of the definition. */
  readonly controller: string | undefined;
  /** Functions that the kernel provides and that have no model. Their part of the descriptors is unknown. */
  readonly unknown: readonly { readonly function: string; readonly kernel: string }[];
}

/** Options of {@link describeGadget}. */
export interface DescribeOptions {
  /**
   * The controller that the gadget would run on. It may move addresses and limit the speed. The default controller has
   * every endpoint and keeps all numbers.
   */
  readonly controller?: {
    readonly name: string;
    readonly features: ControllerFeatures;
    /** The simulated controller behind it, for what `features` do not tell: power management and wakeup. */
    readonly hardware?: DescribedHardware;
  };
}

/**
 * Returns the full descriptor set of a gadget at each speed. It reads the set from the composite device that simulated
 * backends run, so the set is what a host would get.
 *
 * @throws InputError the gadget is wrong, or the controller has no room for it
 */
export async function describeGadget(
  gadget: GadgetDefinition,
  { controller }: DescribeOptions = {},
): Promise<GadgetDescription> {
  checkGadget(gadget);
  requireLoaded(gadget);
  const problems = controller === undefined ? [] : fitProblems(gadget, controller);
  if (problems.length > 0) throw gadgetProblemsError(gadget, problems);
  const maxSpeed = controller?.features.maximumSpeed ?? gadget.maxSpeed ?? 'super';
  const described = new DescribedController(
    controller?.name ?? 'no controller',
    maxSpeed,
    controller?.features.endpoints,
    controller?.hardware,
  );
  const scope = new ResourceScope();
  try {
    const plugged = await plug(gadget, described, scope);
    const speeds = reachableSpeeds(gadget, maxSpeed).map((speed) => speedDescription(described, speed));
    return {
      speeds,
      endpoints: nameEndpoints(gadget, speeds[0]!.configurations, plugged.ownerOf),
      ...describeHost((setup) => described.ask(setup), speeds[0]!.bos),
      controller: controller?.name,
      unknown: kernelFunctions(gadget).filter(({ kernel }) => plugged.unknownTypes.has(kernel)),
    };
  } finally {
    await scope.close();
  }
}

/** @throws InputError a function comes from a module that is not loaded */
function requireLoaded(gadget: GadgetDefinition): void {
  for (const [name, definition] of Object.entries(gadget.functions)) {
    if (!isUsedFunction(definition)) continue;
    const message = `function "${name}" uses the module "${definition.use}", which is not loaded: pass the gadget through useFunctions first.`;
    throw fieldError(gadget, ['functions', name, 'use'], message);
  }
}

/** A gadget that is bound to a controller without a bus. */
interface PluggedGadget {
  /** Types of functions of the kernel that have no model. */
  readonly unknownTypes: ReadonlySet<string>;
  /** Name of the function that an interface belongs to. */
  readonly ownerOf: InterfaceOwner;
}

/** Opens and binds the gadget as a stack would, in a kernel made of models. */
async function plug(
  gadget: GadgetDefinition,
  described: DescribedController,
  scope: ResourceScope,
): Promise<PluggedGadget> {
  const clock = new VirtualClock({ auto: false });
  const functions = new FunctionRegistry();
  scope.use(new KernelFunctions({ functions, clock, console: true }));
  const wanted = new Set(kernelFunctions(gadget).map(({ kernel }) => kernel));
  const unknownTypes = new Set([...wanted].filter((type) => !functions.types.includes(type)));
  for (const type of unknownTypes)
    registerUnknown(functions, type, (name) => interfaceCount(gadget.functions[name]) ?? 0);
  const functionFs = scope.use(new FunctionFsModel({ dmabuf: new DmaBufModel({ clock }), functions, clock }));
  const controller = scope.use(new UdcModel({ controller: described, functions, clock }));
  const endpoints = functionEndpoints(gadget, () => {});
  const opening = { gadget, controller, functionFs, functions: endpoints, backend: undefined, scope };
  const usbGadget = await openGadget(opening);
  await usbGadget.bind();
  scope.onClose(() => usbGadget.unbind());
  const configurations = controller.gadgets.flatMap(({ device }) => device.configurations);
  const ownerOf: InterfaceOwner = (value, number) => {
    const owner = configurations.find((one) => one.value === value)?.interfaces[number]?.function.name;
    return owner?.slice(owner.indexOf('.') + 1);
  };
  return { unknownTypes, ownerOf };
}

function kernelFunctions(gadget: GadgetDefinition): { function: string; kernel: string }[] {
  return Object.entries(gadget.functions).flatMap(([name, definition]) =>
    isKernelFunction(definition) ? [{ function: name, kernel: definition.kernel }] : [],
  );
}

function speedDescription(controller: DescribedController, speed: DescribedSpeed): SpeedDescription {
  controller.speed = speed;
  const bytes: Uint8Array[] = [];
  const get = (type: number, index = 0): Uint8Array | undefined => {
    const answer = getDescriptor(controller, type, index);
    if (answer !== undefined) bytes.push(answer);
    return answer;
  };
  const deviceBytes = get(DescriptorType.DEVICE);
  if (deviceBytes === undefined) throw new InputError(`The gadget has no device descriptor at ${speed} speed.`);
  const device = decodeDeviceDescriptor(deviceBytes);
  const qualifierBytes = get(DescriptorType.DEVICE_QUALIFIER);
  const qualifier = qualifierBytes && decodeQualifierDescriptor(qualifierBytes);
  const each = (type: number, count: number) =>
    Array.from({ length: count }, (_, index) => get(type, index)).flatMap((one) =>
      one ? [decodeConfiguration(one)] : [],
    );
  const configurations = each(DescriptorType.CONFIG, device.configurationCount);
  const other = each(DescriptorType.OTHER_SPEED_CONFIG, qualifier?.configurationCount ?? 0);
  const bosBytes = get(DescriptorType.BOS);
  return {
    speed,
    device,
    qualifier,
    configurations,
    otherSpeedConfigurations: other,
    bos: bosBytes && decodeBos(bosBytes),
    strings: strings(controller, device, configurations),
    classDescriptors: classDescriptorsOf(configurations),
    bytes,
  };
}

/** Returns the strings that the descriptors refer to, in every language that the device lists. */
function strings(
  controller: DescribedController,
  device: DeviceDescriptor,
  configurations: readonly ConfigurationTree[],
): DescribedString[] {
  const list = getDescriptor(controller, DescriptorType.STRING, 0);
  const languages = list === undefined ? [] : decodeLanguages(list);
  const used = new Set([device.manufacturerIndex, device.productIndex, device.serialNumberIndex]);
  for (const { stringIndex, interfaces } of configurations) {
    used.add(stringIndex);
    for (const { stringIndex: own, association } of interfaces.flatMap(({ alternates }) => alternates))
      used.add(own).add(association?.stringIndex ?? 0);
  }
  used.delete(0);
  const indices = [...used].sort((a, b) => a - b);
  return languages.flatMap((language) =>
    indices.flatMap((index) => {
      const bytes = getDescriptor(controller, DescriptorType.STRING, index, language);
      return bytes === undefined ? [] : [{ index, language, text: decodeStringDescriptor(bytes) }];
    }),
  );
}

function getDescriptor(
  controller: DescribedController,
  type: number,
  index: number,
  language = 0,
): Uint8Array | undefined {
  return controller.ask({
    requestType: USB_DIR_IN,
    request: Request.GET_DESCRIPTOR,
    value: (type << 8) | index,
    index: language,
    length: 4096,
  });
}
