export * from './chapter9.ts';
export {
  type ConfigurationConfig,
  type ControllerFeatures,
  type EndpointLimits,
  type FunctionConfig,
  type GadgetConfig,
  type GadgetStrings,
  type OsDescriptorsConfig,
  USB_DEVICE_CONTROLLER,
  type UsbDeviceController,
  type UsbGadget,
  type WebUsbConfig,
} from './controller.ts';
export * from './descriptors/index.ts';
export type { EndpointCapabilities, GadgetEndpoint, UsbEndpoint } from './endpoint.ts';
export {
  type ControllerEvents,
  DELAYED_STATUS,
  GADGET_CONTROLLER,
  type GadgetController,
  type GadgetDriver,
  type LinkPowerParameters,
} from './gadget-controller.ts';
export { UsbRequest } from './request.ts';
export { atLeast, isSuperSpeed, SPEEDS, slower } from './speed.ts';
export type {
  ClaimedEndpoint,
  DescriptorSpeed,
  FunctionBinding,
  InterfaceOsDescriptors,
  OsProperty,
  StringTable,
  UsbFunction,
} from './usb-function.ts';
