import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BACKENDS, serialStack } from '../../test/serial-stack.ts';
import { playSerial, SERIAL_STEPS } from '../testing/serial-steps.ts';

type Answers = Readonly<Record<string, unknown>>;

/** What Linux answers, as the suite `kernel-serial` of the kernel lab found it. */
const recorded = JSON.parse(readFileSync(new URL('../../scenarios/serial.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Answers>
>;

/** Without the numbers of endpoints, which are the controller's. */
function withoutNumbers(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer;
  const masked = (hex: unknown): unknown =>
    typeof hex === 'string' ? hex.replace(/\b07 05 ([08])[0-9a-f]/g, '07 05 $1x') : hex;
  return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, masked(value)]));
}

describe.each(BACKENDS)('the serial functions on %s', (backend) => {
  it.each(['acm', 'gser'] as const)('answer as those of Linux: %s', { timeout: 60_000 }, async (kernel) => {
    const seen = await playSerial(kernel, async () => {
      const rig = await serialStack(backend, kernel, {}, 'high');
      return {
        open: rig.open,
        host: () => rig.stack.host(),
        unbind: () => rig.stack.usbGadget.unbind(),
        bind: () => rig.stack.usbGadget.bind(),
        pass: rig.pass,
        [Symbol.asyncDispose]: () => rig.stack.close(),
      };
    });
    for (const { name, depends } of SERIAL_STEPS) {
      const [own, linux] = [seen[name], recorded[kernel]?.[name]];
      if (depends === 'FIFOs' && backend === 'musb') continue; // its FIFO takes one packet more
      if (depends === 'addresses' && backend !== 'mock')
        expect(withoutNumbers(own), name).toEqual(withoutNumbers(linux));
      else expect(own, name).toEqual(linux);
    }
  });
});
