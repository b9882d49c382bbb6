import type { HexNumber } from './definition.ts';

/** Bytes: an array, a list of numbers, or hexadecimal text such as `'05 01 09 06'`. Files use the last two. */
export type Bytes = Uint8Array | readonly number[] | string;

/** The HID descriptor of an interface (HID 1.11, 6.2.1). It names one report descriptor, and no physical ones. */
export interface HidDefinition {
  /** bcdHID: `'1.11'` unless given, or binary coded. */
  readonly version?: string | number;
  /** bCountryCode, 0 to 255; 0 unless given, which is a device without a country. */
  readonly country?: HexNumber;
  /**
   * The report descriptor, 1 to 4096 bytes. The HID descriptor holds its length. FunctionFS does not send it: the
   * function answers when the host asks its interface for the descriptor 0x22.
   */
  readonly reportDescriptor?: Bytes;
  /** Length of the report descriptor in bytes, 1 to 4096, if the definition does not hold the descriptor itself. */
  readonly reportLength?: number;
}

/** The functional descriptor of a firmware updater (DFU 1.1, 4.1.3). */
export interface DfuDefinition {
  /** bmAttributes. Fields that are left out are false. */
  readonly attributes?: {
    /** bitCanDnload: the host can write firmware. */
    readonly download?: boolean;
    /** bitCanUpload: the host can read firmware. */
    readonly upload?: boolean;
    /** bitManifestationTolerant: the device still answers after it has taken a new firmware. */
    readonly manifestationTolerant?: boolean;
    /** bitWillDetach: the device detaches by itself, without a bus reset. */
    readonly willDetach?: boolean;
  };
  /** wDetachTimeOut in ms, 0 to 65535; 0 unless given. */
  readonly detachTimeout?: number;
  /** wTransferSize: the most bytes of one control transfer, 1 to 4096; at run time, 1 to 65535. */
  readonly transferSize: number;
  /** bcdDFUVersion: `'1.1'` unless given, or binary coded. */
  readonly version?: string | number;
}

/** The descriptor of a smart card reader (CCID 1.1, 5.1). */
export interface CcidDefinition {
  /** bcdCCID: `'1.1'` unless given, or binary coded. */
  readonly version?: string | number;
  /** Slots for cards, 1 to 256: bMaxSlotIndex + 1; 1 unless given. */
  readonly slots?: number;
  /** bVoltageSupport; `['5 V']` unless given. */
  readonly voltages?: readonly ('5 V' | '3 V' | '1.8 V')[];
  /** dwProtocols; `['T=1']` unless given. */
  readonly protocols?: readonly ('T=0' | 'T=1')[];
  /** dwDefaultClock in kHz; 4000 unless given. */
  readonly defaultClock?: number;
  /** dwMaximumClock in kHz; the default clock unless given. */
  readonly maximumClock?: number;
  /** bNumClockSupported, 0 to 255; 0 unless given, which is every clock between the two. */
  readonly clocks?: number;
  /** dwDataRate in bit/s; 10753 unless given. */
  readonly defaultDataRate?: number;
  /** dwMaxDataRate in bit/s; the default rate unless given. */
  readonly maximumDataRate?: number;
  /** bNumDataRatesSupported, 0 to 255; 0 unless given, which is every rate between the two. */
  readonly dataRates?: number;
  /** dwMaxIFSD: the most bytes that a card receives in one block of T=1; 254 unless given. */
  readonly maxIfsd?: number;
  /** dwSynchProtocols; 0 unless given. */
  readonly synchronousProtocols?: HexNumber;
  /** dwMechanical; 0 unless given. */
  readonly mechanical?: HexNumber;
  /** dwFeatures, the sum of the bits in CCID 1.1, table 5.1-1; 0x000400be unless given: short and extended APDUs. */
  readonly features?: HexNumber;
  /** dwMaxCCIDMessageLength in bytes, 10 to 65554; 271 unless given. */
  readonly maxMessageLength?: number;
  /** bClassGetResponse; 0xff, that of the command, unless given. */
  readonly classGetResponse?: HexNumber;
  /** bClassEnvelope; 0xff, that of the command, unless given. */
  readonly classEnvelope?: HexNumber;
  /** wLcdLayout: lines in the high byte, characters in the low one; 0, no display, unless given. */
  readonly lcdLayout?: HexNumber;
  /** bPINSupport: 1 is verification, 2 is modification; 0 unless given. */
  readonly pinSupport?: number;
  /** bMaxCCIDBusySlots, 1 to 255; 1 unless given. */
  readonly busySlots?: number;
}

/** Descriptors of an interface's class. They stand between the interface descriptor and its endpoints. */
export interface ClassDescriptors {
  /** A HID interface. Its class is 3 unless `class` is given. */
  readonly hid?: HidDefinition;
  /** A firmware updater. Its class is 0xfe and its subclass 1 unless they are given. */
  readonly dfu?: DfuDefinition;
  /** A smart card reader. Its class is 0x0b unless `class` is given. */
  readonly ccid?: CcidDefinition;
  /**
   * Descriptors as bytes, each with its length and its type in front. FunctionFS takes the type 0x21 of HID, CCID and
   * DFU interfaces and the type 9 (OTG), each with its own length.
   */
  readonly descriptors?: readonly Bytes[];
}
