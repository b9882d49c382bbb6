import { BOOLEAN, READ_ONLY_NUMBER, text, U8, U16, U32, upTo } from './attribute-kinds.ts';

const bitmap = (bytes: number) => ({ kind: 'numbers', from: 0, to: 0xff, most: bytes, separator: '\n' }) as const;
const GUID = { kind: 'bytes', least: 16, most: 16 } as const;
/** Exactly two digits after 0x (uvcg_format_bma_controls_store). */
const CONTROLS_OF_FORMAT = { kind: 'number', from: 0, to: 0xff, hexadecimal: 'prefixed' } as const;

/** Times are in 100 ns. */
const FRAME = {
  attributes: {
    bFrameIndex: READ_ONLY_NUMBER,
    bmCapabilities: U8,
    wWidth: U16,
    wHeight: U16,
    dwMinBitRate: U32,
    dwMaxBitRate: U32,
    dwMaxVideoFrameBufferSize: U32,
    dwDefaultFrameInterval: U32,
    dwFrameInterval: { kind: 'numbers', from: 1, to: 0xffff_ffff, most: 255, separator: '\n', sorted: true },
  },
} as const;

const RATIO = { bAspectRatioX: READ_ONLY_NUMBER, bAspectRatioY: READ_ONLY_NUMBER, bmInterlaceFlags: READ_ONLY_NUMBER };

const COLORS = {
  attributes: { bColorPrimaries: U8, bTransferCharacteristics: U8, bMatrixCoefficients: U8 },
} as const;

const MATCHING = ['streaming/color_matching'] as const;

const CONTROL = {
  attributes: { bInterfaceNumber: READ_ONLY_NUMBER, enable_interrupt_ep: BOOLEAN },
  directories: {
    header: { named: { attributes: { bcdUVC: U16, dwClockFrequency: upTo(0x7fff_ffff) } } },
    processing: {
      directories: {
        default: {
          attributes: {
            bmControls: bitmap(2),
            bUnitID: READ_ONLY_NUMBER,
            bSourceID: READ_ONLY_NUMBER,
            wMaxMultiplier: READ_ONLY_NUMBER,
            iProcessing: READ_ONLY_NUMBER,
          },
        },
      },
    },
    terminal: {
      directories: {
        camera: {
          directories: {
            default: {
              attributes: {
                bmControls: bitmap(3),
                bTerminalID: READ_ONLY_NUMBER,
                wTerminalType: READ_ONLY_NUMBER,
                bAssocTerminal: READ_ONLY_NUMBER,
                iTerminal: READ_ONLY_NUMBER,
                wObjectiveFocalLengthMin: READ_ONLY_NUMBER,
                wObjectiveFocalLengthMax: READ_ONLY_NUMBER,
                wOcularFocalLength: READ_ONLY_NUMBER,
              },
            },
          },
        },
        output: {
          directories: {
            default: {
              attributes: {
                bSourceID: U8,
                bTerminalID: READ_ONLY_NUMBER,
                wTerminalType: READ_ONLY_NUMBER,
                bAssocTerminal: READ_ONLY_NUMBER,
                iTerminal: READ_ONLY_NUMBER,
              },
            },
          },
        },
      },
    },
    extensions: {
      named: {
        attributes: {
          guidExtensionCode: GUID,
          bNumControls: U8,
          bNrInPins: U8,
          baSourceID: bitmap(255),
          bControlSize: U8,
          bmControls: bitmap(255),
          bLength: READ_ONLY_NUMBER,
          bUnitID: READ_ONLY_NUMBER,
          iExtension: READ_ONLY_NUMBER,
        },
      },
    },
    class: { directories: { fs: { links: ['control/header'] }, ss: { links: ['control/header'] } } },
  },
} as const;

const STREAMING = {
  attributes: { bInterfaceNumber: READ_ONLY_NUMBER },
  directories: {
    color_matching: { directories: { default: COLORS }, named: COLORS },
    uncompressed: {
      named: {
        attributes: {
          guidFormat: GUID,
          bBitsPerPixel: upTo(0xff, 1),
          bDefaultFrameIndex: upTo(0xff, 1),
          bmaControls: CONTROLS_OF_FORMAT,
          bFormatIndex: READ_ONLY_NUMBER,
          ...RATIO,
        },
        named: FRAME,
        links: MATCHING,
      },
    },
    mjpeg: {
      named: {
        attributes: {
          bDefaultFrameIndex: upTo(0xff, 1),
          bmaControls: CONTROLS_OF_FORMAT,
          bFormatIndex: READ_ONLY_NUMBER,
          bmFlags: READ_ONLY_NUMBER,
          ...RATIO,
        },
        named: FRAME,
        links: MATCHING,
      },
    },
    header: {
      named: {
        attributes: {
          bmInfo: READ_ONLY_NUMBER,
          bTerminalLink: READ_ONLY_NUMBER,
          bStillCaptureMethod: READ_ONLY_NUMBER,
          bTriggerSupport: READ_ONLY_NUMBER,
          bTriggerUsage: READ_ONLY_NUMBER,
        },
        links: ['streaming/uncompressed', 'streaming/mjpeg'],
      },
    },
    // This comes last: linking the header here builds the descriptors from the formats.
    class: {
      directories: {
        fs: { links: ['streaming/header'] },
        hs: { links: ['streaming/header'] },
        ss: { links: ['streaming/header'] },
      },
    },
  },
} as const;

/** The whole tree. Source: Documentation/ABI/testing/configfs-usb-gadget-uvc. */
export const UVC = {
  title: 'camera (USB Video)',
  module: 'usb_f_uvc',
  source: 'uvc_configfs.c',
  attributes: {
    streaming_interval: upTo(16, 1),
    streaming_maxpacket: upTo(3072, 1),
    streaming_maxburst: upTo(15),
    function_name: text(31),
  },
  directories: { control: CONTROL, streaming: STREAMING },
} as const;
