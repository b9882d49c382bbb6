import { DMA_BUF_SELF_TESTS } from './dma-buf-self-tests.ts';
import type { SelfTest, SelfTestSuite } from './self-test.ts';

const USBTEST_CASES = 30;
const MAPPED = 'who maps the memory of a transfer, the host controller or its user, cannot be seen from user space';

const USBTEST: SelfTestSuite = {
  name: 'usbtest',
  source: 'drivers/usb/misc/usbtest.c',
  tests: Array.from({ length: USBTEST_CASES }, (_, number): SelfTest => {
    const name = `TEST ${number}`;
    return number === 19 || number === 20 ? { name, reason: MAPPED } : { name, requirements: [`usbtest-${number}`] };
  }),
};

/** The kernel's own tests of what Gadgetloom does, of Linux 6.12, and what corresponds to them. */
export const KERNEL_SELF_TESTS: readonly SelfTestSuite[] = [...DMA_BUF_SELF_TESTS, USBTEST];
