import { COMMON_REGISTERS, Devctl, IntrUsb, Power } from '../registers/core-registers.ts';
import type { ControlEndpointDriver } from './control-endpoint.ts';
import type { MusbState } from './musb-state.ts';
import { receiveInterrupt } from './receive.ts';
import { transmitInterrupt } from './transmit.ts';

const { INTRUSB, INTRTX, INTRRX, DEVCTL, POWER } = COMMON_REGISTERS;

/**
 * Handles the interrupt of the core: serves its causes in the order of Mentor's flowchart (musb_interrupt, and the
 * handler of the SoC that reads the causes).
 */
export function coreInterrupt(musb: MusbState, control: ControlEndpointDriver): void {
  const { registers } = musb;
  const usb = registers.read8(INTRUSB.offset);
  const transmit = registers.read16(INTRTX.offset);
  const receive = registers.read16(INTRRX.offset);
  if (usb !== 0) busEvents(musb, usb);
  if ((transmit & 1) !== 0) control.interrupt();
  for (let number = 1; transmit >> number !== 0; number++)
    if (((transmit >> number) & 1) !== 0) transmitInterrupt(musb, number);
  for (let number = 1; receive >> number !== 0; number++)
    if (((receive >> number) & 1) !== 0) receiveInterrupt(musb, number);
}

/** Handles the causes in INTRUSB (musb_stage0_irq). */
function busEvents(musb: MusbState, causes: number): void {
  if (musb.otg === 'undefined') return;
  if ((causes & IntrUsb.RESUME) !== 0) resumed(musb);
  if ((causes & IntrUsb.SUSPEND) !== 0) suspended(musb);
  if ((causes & IntrUsb.DISCONNECT) !== 0) disconnected(musb);
  if ((causes & IntrUsb.RESET) !== 0) reset(musb);
}

/** Source: musb_handle_intr_resume, musb_g_resume. */
function resumed(musb: MusbState): void {
  if (musb.otg !== 'b_peripheral') return;
  const devctl = musb.registers.read8(DEVCTL.offset);
  if ((devctl & Devctl.VBUS) !== Devctl.VBUS) return;
  musb.suspended = false;
  musb.active = true;
  musb.driver?.resume();
}

/** Source: musb_handle_intr_suspend, musb_g_suspend. */
function suspended(musb: MusbState): void {
  if (musb.otg === 'b_idle') {
    if (!musb.active) return;
    const devctl = musb.registers.read8(DEVCTL.offset);
    if ((devctl & Devctl.VBUS) === Devctl.VBUS) musb.otg = 'b_peripheral';
  } else {
    musb.suspended = true;
    musb.driver?.suspend();
  }
  musb.active = false;
}

/** Source: musb_g_disconnect. */
function disconnected(musb: MusbState): void {
  const { registers } = musb;
  registers.write8(DEVCTL.offset, registers.read8(DEVCTL.offset) & Devctl.SESSION);
  musb.speed = undefined;
  musb.driver?.disconnect();
  musb.otg = 'b_idle';
  musb.core?.stateChanged('not attached');
  musb.active = false;
}

/** Handles a bus reset (musb_g_reset). The driver reports a reset to the core only if it ends a connection. */
function reset(musb: MusbState): void {
  const { registers } = musb;
  if (musb.driver !== undefined && musb.speed !== undefined) musb.core?.reset();
  else {
    const devctl = registers.read8(DEVCTL.offset);
    if ((devctl & Devctl.HR) !== 0) registers.write8(DEVCTL.offset, Devctl.SESSION);
  }
  musb.speed = (registers.read8(POWER.offset) & Power.HSMODE) !== 0 ? 'high' : 'full';
  musb.active = true;
  musb.suspended = false;
  musb.address = 0;
  musb.controlStage = 'setup';
  musb.mayWakeup = false;
  musb.otg = 'b_peripheral';
}
