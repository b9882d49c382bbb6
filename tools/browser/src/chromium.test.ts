import { beforeAll, describe, expect, it } from 'vitest';
import { bundle } from './bundle.ts';
import { reportOf } from './chromium.ts';
import type { Echo } from './page.ts';

describe('in Chromium', () => {
  let report: readonly Echo[];
  beforeAll(async () => {
    report = (await reportOf(await bundle('page.ts'))) as readonly Echo[];
  });

  it.each(['mock', 'dwc3'])('a stack on %s talks to a program that uses navigator.usb', (backend) => {
    expect(report.find((echo) => echo.backend === backend)).toEqual({
      backend,
      product: 'Echo',
      echoed: true,
      instance: true,
      restored: true,
    });
  });
});
