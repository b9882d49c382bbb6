/** Patterns, in the order of the attribute `pattern` of the kernel's SourceSink (f_sourcesink.c). */
export const PATTERNS = ['zeros', 'mod63', 'none'] as const;
/** What a source sends and a sink expects: zeros; the place of each byte in its packet, modulo 63; or anything. */
export type Pattern = (typeof PATTERNS)[number];

const MODULUS = 63;

/** The byte of a pattern at a place of a transfer. */
function patternByte(pattern: Pattern, at: number, packet: number): number {
  return pattern === 'mod63' ? (at % packet) % MODULUS : 0;
}

/**
 * Fills bytes that begin a packet. Source: f_sourcesink.c, reinit_write_data.
 *
 * @param packet bytes of a packet
 */
export function fillPattern<T extends Uint8Array>(pattern: Pattern, bytes: T, packet: number): T {
  for (let at = 0; at < bytes.length; at++) bytes[at] = patternByte(pattern, at, packet);
  return bytes;
}

/** The first byte that is not as the pattern has it. */
export interface PatternFault {
  /** Place in the transfer. */
  readonly offset: number;
  readonly found: number;
  readonly expected: number;
}

/** Checks bytes that begin a packet. Source: f_sourcesink.c, check_read_data. */
export function patternFault(pattern: Pattern, bytes: Uint8Array, packet: number): PatternFault | undefined {
  if (pattern === 'none') return undefined;
  const offset = bytes.findIndex((byte, at) => byte !== patternByte(pattern, at, packet));
  return offset < 0 ? undefined : { offset, found: bytes[offset]!, expected: patternByte(pattern, offset, packet) };
}
