import { z } from 'zod';
import { byte, bytes, doubleWord, field, fields, oneOf, version, whole, word, yesOrNo } from './field-kinds.ts';

const hid = fields('a HID descriptor', {
  version: version.meta(field('bcdHID; "1.11" unless given.')).optional(),
  country: byte.meta(field('bCountryCode; 0, none, unless given.')).optional(),
  reportDescriptor: bytes
    .meta(field('The report descriptor; the function answers when the host asks for it.'))
    .optional(),
  reportLength: whole(1, 4096).meta(field('Length of the report descriptor, if it is not given itself.')).optional(),
});

const dfu = fields('a DFU descriptor', {
  attributes: fields('the attributes of DFU', {
    download: yesOrNo('The host can write firmware.').optional(),
    upload: yesOrNo('The host can read firmware.').optional(),
    manifestationTolerant: yesOrNo('The device still answers after it has taken a new firmware.').optional(),
    willDetach: yesOrNo('The device detaches by itself, without a bus reset.').optional(),
  }).optional(),
  detachTimeout: whole(0, 65535).meta(field('wDetachTimeOut in ms.')).optional(),
  transferSize: whole(1, 65535).meta(field('wTransferSize: the most bytes of one control transfer.')),
  version: version.meta(field('bcdDFUVersion; "1.1" unless given.')).optional(),
});

const count = (from: number, to: number, description: string) => whole(from, to).meta(field(description)).optional();
const bits = (description: string) => doubleWord.meta(field(description)).optional();
const LARGEST = 0xffff_ffff;

const ccid = fields('a CCID descriptor', {
  version: version.meta(field('bcdCCID; "1.1" unless given.')).optional(),
  slots: count(1, 256, 'Slots for cards.'),
  voltages: z
    .array(oneOf('5 V', '3 V', '1.8 V'), { error: 'a list of "5 V", "3 V" and "1.8 V"' })
    .meta(field('bVoltageSupport.'))
    .optional(),
  protocols: z
    .array(oneOf('T=0', 'T=1'), { error: 'a list of "T=0" and "T=1"' })
    .meta(field('dwProtocols.'))
    .optional(),
  defaultClock: count(0, LARGEST, 'dwDefaultClock in kHz.'),
  maximumClock: count(0, LARGEST, 'dwMaximumClock in kHz.'),
  clocks: count(0, 255, 'bNumClockSupported; 0 is every clock.'),
  defaultDataRate: count(0, LARGEST, 'dwDataRate in bit/s.'),
  maximumDataRate: count(0, LARGEST, 'dwMaxDataRate in bit/s.'),
  dataRates: count(0, 255, 'bNumDataRatesSupported; 0 is every rate.'),
  maxIfsd: count(0, LARGEST, 'dwMaxIFSD: bytes in one block of T=1.'),
  synchronousProtocols: bits('dwSynchProtocols.'),
  mechanical: bits('dwMechanical.'),
  features: bits('dwFeatures (CCID 1.1, table 5.1-1).'),
  maxMessageLength: count(10, 65554, 'dwMaxCCIDMessageLength.'),
  classGetResponse: byte.meta(field('bClassGetResponse; 0xff is the class of the command.')).optional(),
  classEnvelope: byte.meta(field('bClassEnvelope; 0xff is the class of the command.')).optional(),
  lcdLayout: word.meta(field('wLcdLayout: lines in the high byte, characters in the low one.')).optional(),
  pinSupport: count(0, 3, 'bPINSupport: 1 is verification, 2 is modification.'),
  busySlots: count(1, 255, 'bMaxCCIDBusySlots.'),
});

/** Fields of a setting that are descriptors of its class. */
export const classDescriptors = {
  hid: hid.meta(field('A HID interface.')).optional(),
  dfu: dfu.meta(field('A firmware updater.')).optional(),
  ccid: ccid.meta(field('A smart card reader.')).optional(),
  descriptors: z
    .array(bytes, { error: 'a list of descriptors, each as bytes' })
    .meta(field('Descriptors between the interface and its endpoints, as bytes: ["09 21 11 01 00 01 22 3f 00"].'))
    .optional(),
};
