const GONE_MEANWHILE =
  'a blocking transfer waits outside of the kernel, so that nobody who polls the buffer waits with it; the kernel, inside, ' +
  'goes on with a buffer that was detached meanwhile, and the backend does not';
const FIRST_GOES_FIRST =
  'of several calls that wait for endpoints, the kernel lets the last go first, and the backend whichever looks first';
const NOTHING_OF_SOMETHING =
  'Node passes no read of 0 bytes on to the kernel, so the backend reads one byte where the host sends some';

/** Scenarios that end otherwise through the Linux backend than with bare system calls, on purpose or for good, and why. */
export const EXPLAINED: Readonly<Record<string, string>> = {
  'block-wait-detach': GONE_MEANWHILE,
  'block-lock': GONE_MEANWHILE,
  'block-lock-timeout':
    'a blocking transfer waits outside of the kernel: two that wait for one buffer wait at the same time, and not one after the other for its lock',
  'enable-waiters': FIRST_GOES_FIRST,
  'block-xfer-enable': FIRST_GOES_FIRST,
  'blocking-15': NOTHING_OF_SOMETHING,
  'ep0-many': NOTHING_OF_SOMETHING,
  'wide-9': 'closing a file ends the reads that wait on it; in the kernel they go on until data comes',
};
