import { type Clock, isKernelError, KernelError, type TraceSink } from '@gadgetloom/core';
import type { UsbDeviceState } from '../chapter9.ts';
import type { UsbEndpoint } from '../endpoint.ts';
import type { ControllerEvents, GadgetController, GadgetDriver } from '../gadget-controller.ts';
import { slower } from '../speed.ts';
import { CoreEndpoint } from './core-endpoint.ts';
import { EndpointAutoconfig } from './endpoint-autoconfig.ts';
import { TracedEndpoint } from './traced-endpoint.ts';

/** A gadget driver as the UDC core binds it (struct usb_gadget_driver). */
export interface UdcDriver extends GadgetDriver {
  /** Takes the controller's endpoints and prepares for the host. @throws KernelError to refuse */
  bind(core: UdcCore): void;
  /** Releases everything. The host is gone and no callback follows. */
  unbind(): void;
}

/**
 * One controller with the driver that runs on it: registering, connecting, state.
 * Source: drivers/usb/gadget/udc/core.c.
 */
export class UdcCore implements ControllerEvents {
  readonly controller: GadgetController;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly ep0: CoreEndpoint;
  /** Data endpoints, in the controller's order. */
  readonly endpoints: readonly CoreEndpoint[];
  readonly autoconfig: EndpointAutoconfig;
  readonly #watchers = new Set<(state: UsbDeviceState) => void>();
  #state: UsbDeviceState = 'not attached';
  #stateWork = false;
  #driver: UdcDriver | undefined = undefined;
  #started = false;
  #allowConnect = false;
  #vbus = true;
  #vbusWork = false;
  #connected = false;
  #deactivated = false;
  #removed = false;
  #unbinding = false;

  constructor(controller: GadgetController, clock: Clock, trace?: TraceSink) {
    this.controller = controller;
    this.clock = clock;
    this.trace = trace;
    const wrap = (hardware: UsbEndpoint, control: boolean): CoreEndpoint =>
      trace === undefined ? new CoreEndpoint(hardware, control) : new TracedEndpoint(hardware, control, clock, trace);
    this.ep0 = wrap(controller.ep0, true);
    this.endpoints = controller.endpoints.map((endpoint) => wrap(endpoint, false));
    this.autoconfig = new EndpointAutoconfig(controller, this.endpoints);
  }

  /** /sys/class/udc/NAME/state. */
  get state(): UsbDeviceState {
    return this.#state;
  }

  /** The bound driver. */
  get driver(): UdcDriver | undefined {
    return this.#driver;
  }

  /** True while the pull-up is on, or will be on once the gadget is activated. */
  get connected(): boolean {
    return this.#connected;
  }

  /**
   * usb_gadget_register_driver for a driver that names this controller, with match_existing_only: bind, start, connect.
   *
   * @throws KernelError EBUSY whatever went wrong; see the cause
   */
  register(driver: UdcDriver): void {
    const operation = `bind ${driver.function}`;
    const { name } = this.controller;
    if (this.#removed) throw new KernelError('EBUSY', operation, `the controller ${name} is gone.`);
    if (this.#driver !== undefined) {
      const taken = `${name} is taken by gadget "${this.#driver.function}". Unbind that one first.`;
      throw new KernelError('EBUSY', operation, taken);
    }
    try {
      this.#bind(driver);
    } catch (cause) {
      if (!isKernelError(cause)) throw cause;
      // The kernel's driver core drops the errno of a failed probe, so it can only report "not bound".
      throw new KernelError('EBUSY', operation, `it cannot run on ${name}: ${cause.message}`, { cause });
    }
  }

  /** usb_gadget_unregister_driver. Harmless for a driver that is not bound. */
  unregister(driver: UdcDriver): void {
    if (this.#driver === driver && !this.#unbinding) this.#unbind(driver);
  }

  /**
   * soft_connect ← connect (soft_connect_store). It ignores the controller's errno, as the kernel does.
   *
   * @throws KernelError EOPNOTSUPP no driver is bound
   */
  softConnect(): void {
    const driver = this.#expectDriver('connect');
    this.#ignoring(() => this.#start(driver));
    this.#ignoring(() => this.connect());
  }

  /** soft_connect ← disconnect. @throws KernelError EOPNOTSUPP no driver is bound */
  softDisconnect(): void {
    this.#expectDriver('disconnect');
    this.#ignoring(() => this.disconnect());
    this.#stop();
  }

  /** The wait in which a disconnect of this driver sleeps; `undefined` if there is none. */
  beforeDisconnect(driver: UdcDriver | undefined): Promise<void> | undefined {
    const off = !this.#connected || this.#deactivated || !this.#started;
    if (off || driver === undefined || this.#driver !== driver) return undefined;
    return this.controller.beforePullupOff?.();
  }

  /** usb_gadget_connect: takes effect later if the gadget is deactivated, unbound or stopped. @throws KernelError */
  connect(): void {
    if (this.#connected) return;
    if (!this.#deactivated && this.#allowConnect && this.#started) this.#pullup(true);
    this.#connected = true;
  }

  /** usb_gadget_disconnect: switches the pull-up off, then notifies the driver. @throws KernelError */
  disconnect(): void {
    if (!this.#connected) return;
    if (this.#deactivated || !this.#started) {
      this.#connected = false;
      return;
    }
    try {
      this.#pullup(false);
      this.#connected = false;
    } finally {
      this.#driver?.disconnect();
    }
  }

  /** usb_gadget_deactivate: hides the gadget until {@link activate}. @throws KernelError */
  deactivate(): void {
    if (this.#deactivated) return;
    if (this.#connected) {
      this.disconnect();
      this.#connected = true;
    }
    this.#deactivated = true;
  }

  /** usb_gadget_activate: shows the gadget if it was connected in the meantime. @throws KernelError */
  activate(): void {
    if (!this.#deactivated) return;
    this.#deactivated = false;
    if (!this.#connected) return;
    this.#connected = false;
    this.connect();
  }

  /** Clears a deactivation, as unbinding does. */
  clearDeactivation(): void {
    this.#deactivated = false;
  }

  stateChanged(state: UsbDeviceState): void {
    this.#state = state;
    if (this.trace !== undefined) this.event('state', { state });
    if (this.#removed || this.#stateWork) return;
    this.#stateWork = true;
    this.clock.defer(() => {
      this.#stateWork = false;
      for (const watcher of [...this.#watchers]) watcher(this.#state);
    });
  }

  reset(): void {
    if (this.trace !== undefined) this.event('reset', {});
    this.#driver?.reset();
    this.stateChanged('default');
  }

  vbusChanged(on: boolean): void {
    this.#vbus = on;
    if (this.#vbusWork) return;
    this.#vbusWork = true;
    this.clock.defer(() => {
      if (!this.#vbusWork) return;
      this.#vbusWork = false;
      this.#ignoring(() => (this.#vbus ? this.connect() : this.disconnect()));
    });
  }

  /** Calls back from a separate job after the state changes. Changes in quick succession coalesce, as with poll(2). */
  onStateChange(callback: (state: UsbDeviceState) => void): Disposable {
    // The same function may be registered twice, and each registration ends by itself.
    const watcher = (state: UsbDeviceState): void => callback(state);
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  /** usb_del_gadget: unbinds the driver and ends all callbacks. */
  remove(): void {
    if (this.#removed) return;
    if (this.#driver !== undefined) this.#unbind(this.#driver);
    this.#removed = true;
    this.#watchers.clear();
  }

  #bind(driver: UdcDriver): void {
    this.#driver = driver;
    try {
      this.controller.setSpeed?.(slower(driver.maxSpeed, this.controller.maxSpeed));
      driver.bind(this);
    } catch (refusal) {
      this.#driver = undefined;
      throw refusal;
    }
    try {
      this.#start(driver);
      this.controller.asyncCallbacks?.(true);
      this.#allowConnect = true;
      if (this.#vbus) this.connect();
      else this.disconnect();
    } catch (refusal) {
      if (this.#allowConnect) this.controller.asyncCallbacks?.(false);
      this.#allowConnect = false;
      this.#stop();
      try {
        driver.unbind();
      } finally {
        this.#driver = undefined;
      }
      throw refusal;
    }
    if (this.trace !== undefined) this.event('bound', { gadget: driver.function });
  }

  #unbind(driver: UdcDriver): void {
    this.#unbinding = true;
    this.#allowConnect = false;
    this.#vbusWork = false;
    try {
      this.#ignoring(() => this.disconnect());
      this.controller.asyncCallbacks?.(false);
      driver.unbind();
    } finally {
      this.#unbinding = false;
      this.#stop();
      this.#driver = undefined;
      if (this.trace !== undefined) this.event('unbound', { gadget: driver.function });
    }
  }

  #start(driver: UdcDriver): void {
    if (this.#started) throw new KernelError('EBUSY', 'udc_start', 'the controller had started already.');
    this.controller.start(driver, this);
    this.#started = true;
  }

  #stop(): void {
    if (!this.#started) return;
    this.controller.stop();
    this.#started = false;
  }

  #pullup(on: boolean): void {
    if (this.trace !== undefined) this.event('pullup', { on });
    this.controller.pullup(on);
  }

  #expectDriver(text: string): UdcDriver {
    if (this.#driver !== undefined) return this.#driver;
    throw new KernelError('EOPNOTSUPP', `soft_connect ← ${text}`, 'no gadget is bound. Bind one first.');
  }

  /** Runs a call whose errno the kernel drops: a KernelError goes to the trace only, any other error is thrown on. */
  #ignoring(act: () => void): void {
    try {
      act();
    } catch (refusal) {
      if (!isKernelError(refusal)) throw refusal;
      if (this.trace !== undefined) this.event('refusal ignored', { reason: refusal.message });
    }
  }

  /** Reports to the trace sink, if there is one. */
  event(what: string, details: Readonly<Record<string, string | number | boolean | undefined>>): void {
    const { name } = this.controller;
    this.trace?.event({ at: this.clock.now(), source: 'udc', what, details: { controller: name, ...details } });
  }
}
