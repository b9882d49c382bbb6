/** Names of class codes (usb.org, Defined Class Codes). */
const CLASS_NAMES: Readonly<Record<number, string>> = {
  1: 'audio',
  2: 'communications',
  3: 'human interface',
  5: 'physical',
  6: 'image',
  7: 'printer',
  8: 'mass storage',
  9: 'hub',
  10: 'CDC data',
  11: 'smart card',
  13: 'content security',
  14: 'video',
  15: 'personal healthcare',
  16: 'audio/video',
  17: 'billboard',
  18: 'Type-C bridge',
  220: 'diagnostic',
  224: 'wireless controller',
  239: 'miscellaneous',
  254: 'application specific',
  255: 'vendor specific',
};

/** A class code with its name, if it has one. */
export function className(code: number): string | undefined {
  return CLASS_NAMES[code];
}
