import { ro, rw, sc, w1c } from './field.ts';
import { register } from './register.ts';

/** The most physical endpoints of a core. Endpoint n OUT is number 2n, endpoint n IN is 2n + 1. */
export const PHYSICAL_ENDPOINTS = 32;

const parameter = register(0, { VALUE: rw(0, 32) });

/** Device registers: what runs the device side of the core. Names and offsets as in drivers/usb/dwc3/core.h. */
export const DEVICE_REGISTERS = {
  DCFG: register(
    0xc700,
    {
      DEVSPD: rw(0, 3),
      DEVADDR: rw(3, 7),
      INTRNUM: rw(12, 5),
      NUMP: rw(17, 5),
      LPM_CAP: rw(22),
      IGNSTRMPP: rw(23),
      NUMLANES: rw(30, 2),
    },
    { reset: 0x0008_0804 },
  ),
  DCTL: register(
    0xc704,
    {
      TSTCTRL: rw(1, 4),
      ULSTCHNGREQ: rw(5, 4),
      ACCEPTU1ENA: rw(9),
      INITU1ENA: rw(10),
      ACCEPTU2ENA: rw(11),
      INITU2ENA: rw(12),
      CSS: sc(16),
      CRS: sc(17),
      L1_HIBER_EN: rw(18),
      KEEP_CONNECT: rw(19),
      NYET_THRES: rw(20, 4),
      HIRD_THRES: rw(24, 5),
      LSFTRST: sc(29),
      CSFTRST: sc(30),
      RUN_STOP: rw(31),
    },
    { reset: 0x00f0_0000 },
  ),
  DEVTEN: register(0xc708, {
    DISCONNEVTEN: rw(0),
    USBRSTEN: rw(1),
    CONNECTDONEEN: rw(2),
    ULSTCNGEN: rw(3),
    WKUPEVTEN: rw(4),
    HIBERNATIONREQEVTEN: rw(5),
    U3L2L1SUSPEN: rw(6),
    SOFEN: rw(7),
    ERRTICERREN: rw(9),
    CMDCMPLTEN: rw(10),
    EVNTOVERFLOWEN: rw(11),
    VNDRDEVTSTRCVEDEN: rw(12),
  }),
  DSTS: register(0xc70c, {
    CONNECTSPD: ro(0, 3),
    SOFFN: ro(3, 14),
    RXFIFOEMPTY: ro(17),
    USBLNKST: ro(18, 4),
    DEVCTRLHLT: ro(22),
    COREIDLE: ro(23),
    SSS: ro(24),
    RSS: ro(25),
    SRE: w1c(28),
    DCNRD: ro(29),
    CONNLANES: ro(30, 2),
  }),
  DGCMDPAR: register(0xc710, { VALUE: rw(0, 32) }),
  DGCMD: register(0xc714, { CMDTYP: rw(0, 8), CMDIOC: rw(8), CMDACT: sc(10), STATUS: ro(12, 4) }, { softReset: true }),
  /** One bit per physical endpoint. */
  DALEPENA: register(0xc720, { VALUE: rw(0, 32) }, { softReset: true }),
  DCFG1: register(0xc740, { DIS_MST_ENH: rw(1) }),
  DEPCMDPAR2: { ...parameter, offset: 0xc800, count: PHYSICAL_ENDPOINTS, stride: 0x10, softReset: true },
  DEPCMDPAR1: { ...parameter, offset: 0xc804, count: PHYSICAL_ENDPOINTS, stride: 0x10, softReset: true },
  DEPCMDPAR0: { ...parameter, offset: 0xc808, count: PHYSICAL_ENDPOINTS, stride: 0x10, softReset: true },
  DEPCMD: register(
    0xc80c,
    { CMDTYP: rw(0, 4), CMDIOC: rw(8), CMDACT: sc(10), HIPRI_FORCERM: rw(11), STATUS: ro(12, 4), PARAM: rw(16, 16) },
    { count: PHYSICAL_ENDPOINTS, stride: 0x10, softReset: true },
  ),
  /** Interrupt moderation, in units of 250 ns. */
  DEV_IMOD: register(0xca00, { INTERVAL: rw(0, 16), COUNT: ro(16, 16) }, { softReset: true }),
} as const;
