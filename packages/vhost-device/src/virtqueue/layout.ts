/** A split virtqueue in memory. Source: Virtual I/O Device 1.2, 2.7. */

/** A descriptor: 64-bit address, 32-bit length, 16-bit flags, 16-bit number of the next one. */
export const DESCRIPTOR_BYTES = 16;
/** Flags and index, before the ring of 16-bit descriptor numbers. */
export const AVAILABLE_HEADER_BYTES = 4;
/** Flags and index, before the ring of used elements. */
export const USED_HEADER_BYTES = 4;
/** Descriptor number and length, 32 bits each. */
export const USED_ELEMENT_BYTES = 8;
/** Alignment of the addresses in bytes. */
export const ALIGNMENT = { descriptors: 16, available: 2, used: 4 } as const;

/** Flags of a descriptor. */
export const DescriptorFlag = { NEXT: 1, WRITE: 2, INDIRECT: 4 } as const;
/** Available ring: the driver does not want to be called. */
export const NO_INTERRUPT = 1;
/** Used ring: the device does not want to be kicked. */
export const NO_NOTIFY = 1;
