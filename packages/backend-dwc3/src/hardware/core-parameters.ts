import { InputError } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import { PHYSICAL_ENDPOINTS } from '../registers/device-registers.ts';
import { put } from '../registers/field.ts';
import { REGISTERS, type RegisterName } from '../registers/register-map.ts';

/** Releases of the core, in GSNPSID: the product in the high half, the release in the low one (core.h, DWC3_REVISION_*). */
export const CoreRevision = {
  DWC3_188A: 0x5533_188a,
  DWC3_250A: 0x5533_250a,
  DWC3_290A: 0x5533_290a,
  DWC3_300A: 0x5533_300a,
  DWC3_310A: 0x5533_310a,
  DWC3_330A: 0x5533_330a,
} as const;

/** Configuration of a core at synthesis, as its read-only registers show it. */
export interface CoreParameters {
  /**
   * GSNPSID; 2.90a unless given. From 3.00a on, Linux moderates interrupts: 250 ns pass between two, also where nothing
   * else takes time.
   */
  readonly revision?: number;
  /** Fastest speed of its PHYs; `'super'` unless given. */
  readonly maxSpeed?: 'full' | 'high' | 'super';
  /** Physical endpoints, two for each number; an even number from 2 to 32, 32 unless given. */
  readonly endpoints?: number;
  /** Bytes of the FIFO of each IN endpoint; 3 KiB and what the core adds unless given. */
  readonly txFifo?: number;
  /** Bytes of the FIFO that all OUT endpoints share; 16 KiB and what the core adds unless given. */
  readonly rxFifo?: number;
}

/** Bytes of a word of the core's RAMs: GHWPARAMS0.MDWIDTH is 64. */
const RAM_WORD = 8;
/** Room for three packets of 1024 bytes by the databook's formula (gadget.c, dwc3_gadget_calc_tx_fifo_size). */
const DEFAULT_TX_FIFO = 3 * (1024 + 2 * RAM_WORD) + RAM_WORD;
/** 16 packets of 1024 bytes, three SETUP packets and the clock crossing margin (dwc3_gadget_setup_nump). */
const DEFAULT_RX_FIFO = 16 * 1024 + 3 * 8 + 16 + RAM_WORD;
const PHY_OF: Readonly<Record<'full' | 'high' | 'super', number>> = { full: 0, high: 0, super: 1 };

/** A core with the values of its read-only registers. */
export class Core {
  readonly maxSpeed: UsbSpeed;
  readonly revision: number;
  /** Physical endpoints. */
  readonly endpoints: number;
  /** True if the core has the register DEV_IMOD (dwc3_has_imod). */
  readonly moderates: boolean;
  readonly resetValues: ReadonlyMap<number, number>;

  /** @throws InputError a number is out of range */
  constructor(parameters: CoreParameters = {}) {
    const { revision = CoreRevision.DWC3_290A, maxSpeed = 'super', endpoints = PHYSICAL_ENDPOINTS } = parameters;
    if (endpoints < 2 || endpoints > PHYSICAL_ENDPOINTS || endpoints % 2 !== 0)
      throw new InputError(`endpoints is ${endpoints}. Pass an even number from 2 to 32.`, {
        field: 'endpoints',
      });
    this.revision = revision;
    this.maxSpeed = maxSpeed;
    this.endpoints = endpoints;
    this.moderates = revision >= CoreRevision.DWC3_300A;
    const tx = words('txFifo', parameters.txFifo ?? DEFAULT_TX_FIFO);
    const rx = words('rxFifo', parameters.rxFifo ?? DEFAULT_RX_FIFO);
    const values = new Map<number, number>();
    const fix = (name: RegisterName, value: number, index = 0): void => {
      const { offset, stride } = REGISTERS[name];
      values.set(offset + index * stride, value >>> 0);
    };
    const { GHWPARAMS0, GHWPARAMS1, GHWPARAMS3, GHWPARAMS4, GHWPARAMS6, GHWPARAMS7 } = REGISTERS;
    fix('GSNPSID', revision);
    fix('GHWPARAMS0', put(GHWPARAMS0.fields.MBUS_TYPE, 1) | put(GHWPARAMS0.fields.MDWIDTH, 8 * RAM_WORD) | 0x2020_0000);
    fix('GHWPARAMS1', put(GHWPARAMS1.fields.NUM_INT, 1) | put(GHWPARAMS1.fields.EN_PWROPT, 1));
    fix(
      'GHWPARAMS3',
      put(GHWPARAMS3.fields.SSPHY_IFC, PHY_OF[maxSpeed]) |
        put(GHWPARAMS3.fields.HSPHY_IFC, maxSpeed === 'full' ? 0 : 1) |
        put(GHWPARAMS3.fields.FSPHY_IFC, 1) |
        put(GHWPARAMS3.fields.NUM_EPS, endpoints) |
        put(GHWPARAMS3.fields.NUM_IN_EPS, endpoints / 2) |
        put(GHWPARAMS3.fields.CACHE_TOTAL_XFER_RESOURCES, endpoints),
    );
    fix('GHWPARAMS4', put(GHWPARAMS4.fields.CACHE_TRBS_PER_TRANSFER, 4));
    fix('GHWPARAMS6', put(GHWPARAMS6.fields.RAM0_DEPTH, rx));
    fix('GHWPARAMS7', put(GHWPARAMS7.fields.RAM1_DEPTH, tx * (endpoints / 2)) | put(GHWPARAMS7.fields.RAM2_DEPTH, rx));
    for (let fifo = 0; fifo < endpoints / 2; fifo++) fix('GTXFIFOSIZ', ((fifo * tx) << 16) | tx, fifo);
    fix('GRXFIFOSIZ', rx);
    this.resetValues = values;
  }
}

function words(field: string, bytes: number): number {
  const count = Math.floor(bytes / RAM_WORD);
  if (count >= 1 && count <= 0xffff) return count;
  throw new InputError(`${field}: ${bytes} bytes are not possible; 8 to 524280 are.`, { field });
}
