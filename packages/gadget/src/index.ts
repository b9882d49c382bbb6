export type { Fault, FaultName, FaultOptions, Faults, FaultThreshold } from '@gadgetloom/udc/faults';
export type { KernelAttributes, KernelAttributesOf, KernelFunctionType } from '@gadgetloom/udc/kernel-functions';
export { BEHAVIOUR, type Behaves, type Behaviour } from './definition/behaviour.ts';
export type {
  Bytes,
  CcidDefinition,
  ClassDescriptors,
  DfuDefinition,
  HidDefinition,
} from './definition/class-definition.ts';
export { defineGadget } from './definition/define-gadget.ts';
export type {
  AlternateDefinition,
  BulkEndpoint,
  ConfigurationDefinition,
  EndpointDefinition,
  EnvironmentDefinition,
  FunctionDefinition,
  GadgetDefinition,
  HexNumber,
  InterfaceDefinition,
  InterruptEndpoint,
  IsochronousEndpoint,
  KernelFunction,
  PeriodicOptions,
  ProgramFunction,
  Text,
  UsedFunction,
} from './definition/definition.ts';
export type {
  EndpointDirection,
  EndpointName,
  GadgetEndpoints,
  OwnEndpointDirection,
  OwnEndpointName,
  OwnEndpointTowards,
  SomeFunction,
} from './definition/endpoint-names.ts';
export { bulk, interrupt, isochronous } from './definition/endpoints.ts';
export type { BehavingFunction, FunctionApi } from './definition/function-api.ts';
export type {
  AssociationDefinition,
  InterfaceMicrosoftOs,
  MicrosoftOsDefinition,
  MicrosoftOsProperty,
  WebUsbDefinition,
} from './definition/host-definition.ts';
export { kernelFunction, type TypedKernelFunction } from './definition/kernel-function.ts';
export { type ParseOptions, parseGadget } from './definition/parse-gadget.ts';
export { gadgetJsonSchema } from './definition/schema.ts';
export {
  type DescribedString,
  type DescribeOptions,
  describeGadget,
  type GadgetDescription,
  type SpeedDescription,
} from './describe/describe-gadget.ts';
export type { DescribedClass } from './describe/described-class.ts';
export type { DescribedHardware } from './describe/described-controller.ts';
export { formatDescription } from './describe/description-text.ts';
export type {
  DescribedInterfaceOs,
  MicrosoftOsDescription,
  WebUsbDescription,
} from './describe/host-description.ts';
export type { NamedEndpoint } from './describe/named-endpoints.ts';
export { gadgetConfig } from './descriptors/gadget-config.ts';
export type { DescribedSpeed } from './descriptors/speed.ts';
export type { OptionsSchema } from './function/checked-options.ts';
export { defineFunction, FUNCTION_KIND, type FunctionMaker, type FunctionShape } from './function/define-function.ts';
export { FunctionContext } from './function/function-context.ts';
export {
  FunctionRequest,
  type RequestAnswer,
  type RequestFilter,
  type RequestHandler,
  type RequestKind,
  type RequestRecipient,
} from './function/function-request.ts';
export { Session, SessionEnded } from './function/session.ts';
export { type LoadModule, useFunctions } from './function/use-functions.ts';
export type { EnvironmentVariables } from './stack/backends.ts';
export type { AllocateBuffers, BufferSet } from './stack/buffer-set.ts';
export { type CompositionOptions, composePieces, type Pieces } from './stack/compose-pieces.ts';
export { type ComposeOptions, composeStack } from './stack/compose-stack.ts';
export type { ReceiveOptions, SendOptions } from './stack/endpoint-bytes.ts';
export type { StackEvent } from './stack/function-control.ts';
export { type BackendReport, probeBackends } from './stack/probe.ts';
export { provide } from './stack/provide.ts';
export type { SetupAnswer, SetupHandler, SetupRequest } from './stack/setup-request.ts';
export type { Stack } from './stack/stack.ts';
export type { StackEndpoint } from './stack/stack-endpoint.ts';
export type { FunctionActivity } from './stack/stack-events.ts';
