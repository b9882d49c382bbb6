import { type EndpointDescriptor, TRANSFER_TYPES, type TransferType, type UsbDeviceState } from '../chapter9.ts';
import type { UsbEndpoint } from '../endpoint.ts';
import type { GadgetController } from '../gadget-controller.ts';
import { QuietDriver } from './quiet-driver.ts';

/** A descriptor for {@link UsbEndpoint.enable}. */
export function endpointDescriptor(
  address: number,
  maxPacketSize: number,
  type: TransferType = 'bulk',
): EndpointDescriptor {
  return { address, attributes: TRANSFER_TYPES.indexOf(type), maxPacketSize, interval: 0 };
}

/** Drives a controller as the UDC core does, with a driver that records its calls and without the model. */
export class BoundController<Controller extends GadgetController> {
  readonly controller: Controller;
  readonly driver = new QuietDriver();
  /** States that the controller reported, and `'default'` for each reset. */
  readonly states: UsbDeviceState[] = [];

  constructor(controller: Controller) {
    this.controller = controller;
  }

  /** Binds the driver and pulls up, as the UDC core does (gadget_bind_driver). */
  bind(): this {
    const { controller, driver } = this;
    controller.setSpeed?.(driver.maxSpeed);
    controller.start(driver, {
      stateChanged: (state) => this.states.push(state),
      reset: () => {
        driver.reset();
        this.states.push('default');
      },
      vbusChanged: () => {},
    });
    controller.asyncCallbacks?.(true);
    controller.pullup(true);
    return this;
  }

  /** @throws TypeError no endpoint has that name */
  endpoint(name: string): UsbEndpoint {
    const endpoint = this.controller.endpoints.find((candidate) => candidate.name === name);
    if (endpoint === undefined) throw new TypeError(`There is no endpoint ${name}.`);
    return endpoint;
  }

  /** The endpoint of that name, enabled for an address. */
  enable(name: string, address: number, maxPacketSize = 512, type: TransferType = 'bulk'): UsbEndpoint {
    const endpoint = this.endpoint(name);
    endpoint.enable(endpointDescriptor(address, maxPacketSize, type));
    return endpoint;
  }
}
