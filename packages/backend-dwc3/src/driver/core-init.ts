import { Errno, KernelError } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import { DEVICE_REGISTERS } from '../registers/device-registers.ts';
import { get, put } from '../registers/field.ts';
import { GLOBAL_REGISTERS } from '../registers/global-registers.ts';
import type { DriverState } from './driver-state.ts';

const { GSNPSID, GCTL, GUID, GUCTL2, GHWPARAMS0, GHWPARAMS3, GHWPARAMS7, GUSB2PHYCFG, GUSB3PIPECTL, GRXTHRCFG } =
  GLOBAL_REGISTERS;
const { GTXFIFOSIZ, GRXFIFOSIZ } = GLOBAL_REGISTERS;
const { DCFG, DCTL } = DEVICE_REGISTERS;
/** GSNPSID's high half on DWC_usb3. */
const DWC_USB3 = 0x5533;
const REVISION_194A = 0x194a;
const REVISION_290A = 0x290a;
const REVISION_300A = 0x300a;
const REVISION_310A = 0x310a;
/** GCTL.PRTCAPDIR: device. */
const DEVICE_MODE = 2;
/** Reads of DCTL until a soft reset counts as one that does not end. */
const RESET_POLLS = 1000;
/** Version of the kernel whose driver this one is like, as GUID shows it. */
const LINUX_VERSION = 0x060c75;
/** Bytes that the receive FIFO needs besides packets: three SETUP packets and a margin for crossing clocks. */
const RX_OVERHEAD = 3 * 8 + 16;
const LARGEST_PACKET = 1024;
/** DCFG.NUMP, at most. */
const MOST_PACKETS = 16;

/** Finds the controller and sets up what does not change (dwc3_probe, dwc3_core_init). @throws KernelError ENODEV, ETIMEDOUT */
export function initializeCore(state: DriverState): void {
  const { registers } = state;
  const id = registers.read(GSNPSID.offset);
  if (get(GSNPSID.fields.IP, id) !== DWC_USB3) {
    const advice = `GSNPSID is 0x${id.toString(16)}, which is no DWC_usb3 core.`;
    throw new KernelError('ENODEV', `probe ${state.name}`, advice);
  }
  state.revision = get(GSNPSID.fields.REVISION, id);
  state.moderation = state.revision >= REVISION_300A ? 1 : 0;
  const phys = registers.read(GHWPARAMS3.offset);
  state.endpointCount = get(GHWPARAMS3.fields.NUM_EPS, phys);
  enablePhySleep(state, false);
  // Once they are initialized, and not only while a gadget is bound (dwc3_phy_init).
  if (state.revision > REVISION_194A) enablePhySleep(state, true);
  if (softReset(state) !== 0) {
    throw new KernelError('ETIMEDOUT', `probe ${state.name}`, 'the soft reset does not end.');
  }
  registers.write(GUID.offset, LINUX_VERSION);
  state.update(GCTL.offset, GCTL.fields.SCALEDOWN.mask | GCTL.fields.DISSCRAMBLE.mask, 0);
  if (state.revision >= REVISION_310A) state.update(GUCTL2.offset, 0, GUCTL2.fields.RST_ACTBITLATER.mask);
  state.update(GCTL.offset, GCTL.fields.PRTCAPDIR.mask, put(GCTL.fields.PRTCAPDIR, DEVICE_MODE));
}

/** The fastest speed that the PHYs of the core can do (dwc3_check_params). */
export function speedOfPhys({ registers }: DriverState): UsbSpeed {
  const phys = registers.read(GHWPARAMS3.offset);
  if (get(GHWPARAMS3.fields.SSPHY_IFC, phys) !== 0) return 'super';
  return get(GHWPARAMS3.fields.HSPHY_IFC, phys) !== 0 ? 'high' : 'full';
}

/** Resets the device side (dwc3_core_soft_reset). @returns 0 or -ETIMEDOUT */
export function softReset({ registers }: DriverState): number {
  const { CSFTRST, RUN_STOP, ULSTCHNGREQ } = DCTL.fields;
  const control = registers.read(DCTL.offset) & ~(RUN_STOP.mask | ULSTCHNGREQ.mask);
  registers.write(DCTL.offset, (control | CSFTRST.mask) >>> 0);
  for (let left = RESET_POLLS; left > 0; left--) {
    if ((registers.read(DCTL.offset) & CSFTRST.mask) === 0) return 0;
  }
  return -Errno.ETIMEDOUT;
}

/** Lets the PHYs sleep, or not (dwc3_enable_susphy). */
export function enablePhySleep(state: DriverState, on: boolean): void {
  const { disablePhy2Suspend, disablePhy3Suspend } = state.properties;
  const usb3 = GUSB3PIPECTL.fields.SUSPHY.mask;
  const usb2 = GUSB2PHYCFG.fields.SUSPHY.mask;
  state.update(GUSB3PIPECTL.offset, usb3, on && disablePhy3Suspend !== true ? usb3 : 0);
  state.update(GUSB2PHYCFG.offset, usb2, on && disablePhy2Suspend !== true ? usb2 : 0);
}

/** Packets of a burst that the receive FIFO has room for, into DCFG (dwc3_gadget_setup_nump). */
export function setUpBurst(state: DriverState): void {
  const { registers } = state;
  state.update(GRXTHRCFG.offset, GRXTHRCFG.fields.PKTCNTSEL.mask, 0);
  const depth = get(GHWPARAMS7.fields.RAM2_DEPTH, registers.read(GHWPARAMS7.offset));
  const packets = Math.floor((depth * ramWord(state) - RX_OVERHEAD) / LARGEST_PACKET);
  state.update(DCFG.offset, DCFG.fields.NUMP.mask, put(DCFG.fields.NUMP, Math.min(packets, MOST_PACKETS)));
  state.update(DCFG.offset, 0, DCFG.fields.IGNSTRMPP.mask);
}

/** Largest packet that an endpoint's FIFO can take, in bytes (dwc3_gadget_init_in_endpoint and _out_endpoint). */
export function largestPacket(state: DriverState, number: number): number {
  const { registers } = state;
  const word = ramWord(state);
  if ((number & 1) === 0) {
    const bytes = get(GRXFIFOSIZ.fields.RXFDEP, registers.read(GRXFIFOSIZ.offset)) * word;
    return Math.max(0, Math.floor((bytes - RX_OVERHEAD) / 3));
  }
  const fifo = GTXFIFOSIZ.offset + (number >> 1) * GTXFIFOSIZ.stride;
  const depth = get(GTXFIFOSIZ.fields.TXFDEP, registers.read(fifo));
  const packet = state.revision < REVISION_290A ? word * (depth - 1) : word * (depth - 2) - word;
  return Math.max(0, Math.min(packet, LARGEST_PACKET));
}

/** Bytes of a word of the core's RAM. */
function ramWord({ registers }: DriverState): number {
  return get(GHWPARAMS0.fields.MDWIDTH, registers.read(GHWPARAMS0.offset)) / 8;
}
