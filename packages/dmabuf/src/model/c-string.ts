const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A string as a C program sees it: it ends at the first NUL. */
export function cString(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Bytes of a string in UTF-8, without the NUL. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** The part of a string that fits a char array of `size` bytes with its NUL (strscpy). */
export function truncate(text: string, size: number): string {
  const bytes = encoder.encode(cString(text));
  return bytes.length < size ? cString(text) : decoder.decode(bytes.subarray(0, size - 1));
}
