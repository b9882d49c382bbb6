import { Errno, MILLISECOND } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import { slower } from '@gadgetloom/udc';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { ConfigAction } from '../registers/endpoint-configuration.ts';
import { LinkState } from '../registers/event.ts';
import { put } from '../registers/field.ts';
import { GLOBAL_REGISTERS } from '../registers/global-registers.ts';
import { disableEndpoint, enableEndpoint, startConfiguration } from './configure-endpoint.ts';
import type { ControlTransfers } from './control-transfers.ts';
import { enablePhySleep, setUpBurst, softReset } from './core-init.ts';
import type { DeviceEvents } from './device-events.ts';
import type { DriverState } from './driver-state.ts';
import type { Dwc3Endpoint } from './dwc3-endpoint.ts';
import type { EventBuffer } from './event-buffer.ts';

const { DCFG, DCTL, DEVTEN, DSTS } = DEVICE_REGISTERS;
const { GUSB2PHYCFG } = GLOBAL_REGISTERS;
const PHY_SLEEP = GUSB2PHYCFG.fields.SUSPHY.mask | GUSB2PHYCFG.fields.ENBLSLPM.mask;
/** Reads of DSTS until the core counts as one that does not follow RUN_STOP. */
const HALT_POLLS = 2000;
/** Time that a control transfer gets to end before a disconnect (DWC3_PULL_UP_TIMEOUT). */
const PULL_UP_TIMEOUT = 500 * MILLISECOND;
/** DCFG.DEVSPD. */
const SPEED_CODES: Readonly<Record<UsbSpeed, number>> = { low: 1, full: 1, high: 0, super: 4, 'super-plus': 4 };
/** Packet size of endpoint 0 before a connection tells: that of SuperSpeed. */
const FIRST_PACKET_SIZE = 512;
/** Releases that have an event for suspend, and that need those of link changes. */
const REVISION_230A = 0x230a;
const REVISION_250A = 0x250a;

/** The parts of the driver that connect and disconnect. */
export interface ConnectionParts {
  readonly state: DriverState;
  readonly endpoints: readonly Dwc3Endpoint[];
  readonly control: ControlTransfers;
  readonly events: EventBuffer;
  readonly device: DeviceEvents;
  /** Handles the events that wait. */
  interrupt(): void;
}

/** Shows the device to the host: resets the core, starts endpoint 0 and runs (dwc3_gadget_soft_connect). */
export function softConnect(parts: ConnectionParts): number {
  const { state, events } = parts;
  const reset = softReset(state);
  if (reset !== 0) return reset;
  events.setUp();
  startGadget(parts);
  return runStop(parts, true);
}

/**
 * The part of {@link softDisconnect} that sleeps: the control transfer that is under way gets half a second to end, and a
 * status stage that the function has not asked for yet is sent without it.
 *
 * @returns `undefined` if there is none
 */
export function endControlTransfer(parts: ConnectionParts): Promise<void> | undefined {
  const { state } = parts;
  if (!state.pullupsConnected) return undefined;
  stopTransfers(parts);
  if (state.phase === 'setup') return undefined;
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      state.onSetupPhase = undefined;
      resolve();
    };
    const timer = state.clock.setTimer(PULL_UP_TIMEOUT, done);
    state.onSetupPhase = done;
  });
}

function stopTransfers({ state, control, device, interrupt }: ConnectionParts): void {
  state.connected = false;
  if (state.delayedStatus) control.sendDelayedStatus();
  device.stopTransfers();
  interrupt();
}

/**
 * Hides it from the host: ends all transfers and halts the core (dwc3_gadget_soft_disconnect). A control transfer that is
 * still under way is over: whoever can wait has called {@link endControlTransfer} before.
 */
export function softDisconnect(parts: ConnectionParts): number {
  const { state, control } = parts;
  if (!state.pullupsConnected) return 0;
  stopTransfers(parts);
  if (state.phase !== 'setup') control.resetPhase();
  const result = runStop(parts, false);
  stopGadget(parts);
  return result;
}

/** __dwc3_gadget_start. */
function startGadget({ state, endpoints, control, events }: ConnectionParts): number {
  events.moderate();
  for (const endpoint of endpoints) endpoint.staleEnds = 0;
  setUpBurst(state);
  const started = startConfiguration(state, endpoints, 0);
  if (started !== 0) return started;
  for (const endpoint of endpoints.slice(0, 2)) {
    endpoint.descriptor = { address: 0, attributes: 0, maxPacketSize: FIRST_PACKET_SIZE, interval: 0 };
    endpoint.flags = 0;
    endpoint.forgetHalt();
    const enabled = enableEndpoint(state, endpoint, ConfigAction.INIT);
    if (enabled !== 0) return enabled;
  }
  state.linkState = LinkState.SS_DIS;
  control.begin();
  state.registers.write(DEVTEN.offset, enabledEvents(state));
  enablePhySleep(state, true);
  return 0;
}

/** dwc3_gadget_enable_irq: all but those of frames. */
function enabledEvents({ revision }: DriverState): number {
  const { fields } = DEVTEN;
  return (
    fields.EVNTOVERFLOWEN.mask |
    fields.CMDCMPLTEN.mask |
    fields.ERRTICERREN.mask |
    fields.WKUPEVTEN.mask |
    fields.CONNECTDONEEN.mask |
    fields.USBRSTEN.mask |
    fields.DISCONNEVTEN.mask |
    (revision < REVISION_250A ? fields.ULSTCNGEN.mask : 0) |
    (revision < REVISION_230A ? 0 : fields.U3L2L1SUSPEN.mask)
  );
}

/** __dwc3_gadget_stop. */
function stopGadget({ state, endpoints }: ConnectionParts): void {
  state.registers.write(DEVTEN.offset, 0);
  for (const endpoint of endpoints.slice(0, 2)) disableEndpoint(state, endpoint);
}

/** Sets or clears DCTL.RUN_STOP and waits until the core follows (dwc3_gadget_run_stop). @returns 0 or -ETIMEDOUT */
function runStop(parts: ConnectionParts, on: boolean): number {
  const { state } = parts;
  const { registers } = state;
  const { RUN_STOP, KEEP_CONNECT, ULSTCHNGREQ } = DCTL.fields;
  const phy = registers.read(GUSB2PHYCFG.offset);
  const saved = phy & PHY_SLEEP;
  if (saved !== 0) registers.write(GUSB2PHYCFG.offset, phy & ~saved);
  if (on) {
    const speed = slower(state.gadgetMaxSpeed, state.maxSpeed);
    state.update(DCFG.offset, DCFG.fields.DEVSPD.mask, put(DCFG.fields.DEVSPD, SPEED_CODES[speed]));
  }
  state.pullupsConnected = on;
  const cleared = ULSTCHNGREQ.mask | (on ? KEEP_CONNECT.mask : RUN_STOP.mask);
  state.update(DCTL.offset, cleared, on ? RUN_STOP.mask : 0);
  let polls = HALT_POLLS;
  for (; polls > 0; polls--) {
    const halted = (registers.read(DSTS.offset) & DSTS.fields.DEVCTRLHLT.mask) !== 0;
    if (halted !== on) break;
    // The core halts once its events were taken.
    parts.interrupt();
  }
  if (saved !== 0) state.update(GUSB2PHYCFG.offset, 0, saved);
  return polls > 0 ? 0 : -Errno.ETIMEDOUT;
}
