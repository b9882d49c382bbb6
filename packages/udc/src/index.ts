export * from './chapter9.ts';
export {
  type ConfigurationConfig,
  type ControllerFeatures,
  type EndpointLimits,
  type FunctionConfig,
  type GadgetConfig,
  type GadgetStrings,
  USB_DEVICE_CONTROLLER,
  type UsbDeviceController,
  type UsbGadget,
} from './controller.ts';
export type { EndpointCapabilities, UsbEndpoint } from './endpoint.ts';
export {
  type ControllerEvents,
  DELAYED_STATUS,
  type GadgetController,
  type GadgetDriver,
} from './gadget-controller.ts';
export { UsbRequest } from './request.ts';
export type { ClaimedEndpoint, FunctionBinding, StringTable, UsbFunction } from './usb-function.ts';
