/** The test pattern of scenarios: x = x·1103515245 + 12345 mod 2³², byte = bits 16..23, one step per byte. */
export function fillPattern(bytes: Uint8Array, seed: number): void {
  let x = seed >>> 0;
  for (let at = 0; at < bytes.length; at++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    bytes[at] = (x >>> 16) & 255;
  }
}

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (IEEE 802.3) as eight hexadecimal digits. */
export function crc32(bytes: Uint8Array): string {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}
