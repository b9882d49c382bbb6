/** Fills with the pattern of usbtest: the place of each byte in its packet, modulo 63. Source: usbtest.c, simple_fill_buf. */
export function fillMod63(bytes: Uint8Array, maxPacketSize: number): Uint8Array {
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at % maxPacketSize) % 63;
  return bytes;
}

/** Where bytes that begin a packet leave the pattern, in words; `undefined` if nowhere. Source: simple_check_buf. */
export function leavesMod63(bytes: Uint8Array, maxPacketSize: number): string | undefined {
  const at = bytes.findIndex((byte, place) => byte !== (place % maxPacketSize) % 63);
  return at < 0 ? undefined : `byte ${at} of ${bytes.length} is ${bytes[at]}, not ${(at % maxPacketSize) % 63}`;
}
