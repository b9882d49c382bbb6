/** The most regions that a memory table has. Source: the specification, "Memory regions description". */
export const MOST_REGIONS = 8;
/** Number of regions, padding. */
export const TABLE_HEADER_BYTES = 8;
/** Guest address, size, address of the front end, offset in the file: 64 bits each. */
export const REGION_BYTES = 32;

/** The shape of a message. Numbers are the least and the most. */
export interface RequestShape {
  readonly name: string;
  /** Bytes after the header. */
  readonly payload: readonly [number, number];
  /** Descriptors that come with it. */
  readonly descriptors: readonly [number, number];
  /** Whether the front end always waits for a reply of 64 bits. */
  readonly replies?: true;
}

const NOTHING = { payload: [0, 0], descriptors: [0, 0] } as const;
const INTEGER = { payload: [8, 8], descriptors: [0, 0] } as const;

/**
 * The messages that a front end may send to a device with these features, by number.
 * Source: docs/interop/vhost-user.rst of QEMU, "Front-end message types".
 */
export const REQUESTS = {
  1: { name: 'GET_FEATURES', ...NOTHING, replies: true },
  2: { name: 'SET_FEATURES', ...INTEGER },
  3: { name: 'SET_OWNER', ...NOTHING },
  4: { name: 'RESET_OWNER', ...NOTHING },
  5: {
    name: 'SET_MEM_TABLE',
    payload: [TABLE_HEADER_BYTES, TABLE_HEADER_BYTES + MOST_REGIONS * REGION_BYTES],
    descriptors: [0, MOST_REGIONS],
  },
  8: { name: 'SET_VRING_NUM', ...INTEGER },
  9: { name: 'SET_VRING_ADDR', payload: [40, 40], descriptors: [0, 0] },
  10: { name: 'SET_VRING_BASE', ...INTEGER },
  11: { name: 'GET_VRING_BASE', ...INTEGER, replies: true },
  12: { name: 'SET_VRING_KICK', payload: [8, 8], descriptors: [0, 1] },
  13: { name: 'SET_VRING_CALL', payload: [8, 8], descriptors: [0, 1] },
  14: { name: 'SET_VRING_ERR', payload: [8, 8], descriptors: [0, 1] },
  15: { name: 'GET_PROTOCOL_FEATURES', ...NOTHING, replies: true },
  16: { name: 'SET_PROTOCOL_FEATURES', ...INTEGER },
  18: { name: 'SET_VRING_ENABLE', ...INTEGER },
  21: { name: 'SET_BACKEND_REQ_FD', payload: [0, 0], descriptors: [1, 1] },
} as const satisfies Readonly<Record<number, RequestShape>>;

/** Name of a message. */
export type RequestName = (typeof REQUESTS)[keyof typeof REQUESTS]['name'];

/** Bits of the flags in a header. */
export const HeaderFlag = { VERSION: 3, REPLY: 1 << 2, NEED_REPLY: 1 << 3 } as const;
/** The only version of the protocol. */
export const VERSION = 1;
/** Request, flags, size of the payload: 32 bits each. */
export const HEADER_BYTES = 12;

const bit = (number: number): bigint => 1n << BigInt(number);

/** Feature bit for the existence of protocol features. */
export const F_PROTOCOL_FEATURES = bit(30);
/** VIRTIO_F_VERSION_1: everything is little-endian. */
export const F_VERSION_1 = bit(32);
/**
 * Features of the device, without indirect descriptors or event indexes: they do not help a driver of PCI over virtio.
 */
export const FEATURES = F_PROTOCOL_FEATURES | F_VERSION_1;
/** The front end can ask for a reply to any message. */
export const PROTOCOL_F_REPLY_ACK = bit(3);
/** The device gets a channel of its own. User-Mode Linux requires it, but the device sends nothing there. */
export const PROTOCOL_F_BACKEND_REQ = bit(5);
/** Protocol features of the device. */
export const PROTOCOL_FEATURES = PROTOCOL_F_REPLY_ACK | PROTOCOL_F_BACKEND_REQ;

/**
 * In the payload of messages with a queue's descriptor: the bit for "no descriptor". The rest is the queue's number.
 */
export const VRING_NO_DESCRIPTOR = 1 << 8;
