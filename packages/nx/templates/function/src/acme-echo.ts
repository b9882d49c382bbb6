import { bulk, defineFunction } from '@gadgetloom/gadget';
import { z } from 'zod';

/** bRequest of the vendor requests. */
export const AcmeEchoRequest = {
  /** The host reads how many commands were answered: 4 bytes, little-endian. */
  GET_COUNT: 1,
  /** The host switches the echo on (wValue 1) or off (wValue 0). */
  SET_ENABLED: 2,
} as const;

/** Options of the function, in TypeScript and in a gadget file. */
const options = z.strictObject({
  /** What stands before each reply. */
  prefix: z.string().default(''),
});

/**
 * Sends every command of the host back.
 *
 * @example defineGadget({ vendorId, productId, functions: { echo: acmeEcho({ prefix: '> ' }) } })
 */
export const acmeEcho = defineFunction({
  kind: 'acme-echo',
  options,

  // What the host sees.
  describe: () => ({
    class: 0xff,
    endpoints: { commands: bulk.out(), replies: bulk.in() },
  }),

  // What the function does. It runs before the host can ask anything.
  start(fn, { prefix }) {
    const before = new TextEncoder().encode(prefix);
    let on = true;
    let count = 0;

    fn.onRequest({ type: 'vendor', request: AcmeEchoRequest.GET_COUNT, direction: 'in' }, () => {
      const answer = new Uint8Array(4);
      new DataView(answer.buffer).setUint32(0, count, true);
      return answer;
    });
    fn.onRequest({ type: 'vendor', request: AcmeEchoRequest.SET_ENABLED, direction: 'out' }, ({ value }) => {
      if (value > 1) return false; // the host sees a stall
      on = value === 1;
      return true;
    });

    // One run for each time that the host enables the function. It ends by itself when the host reconfigures or leaves.
    fn.whileEnabled(async (session) => {
      for await (const command of session.transfers('commands')) {
        if (!on) continue;
        const reply = new Uint8Array(before.length + command.length);
        reply.set(before);
        reply.set(command, before.length);
        count++;
        await session.send('replies', reply, { end: true });
        fn.tell(`answered ${command.length} bytes`);
      }
    });

    // What `stack.function('echo')` gives to the program.
    return {
      /** Commands that were answered. */
      get count(): number {
        return count;
      },
    };
  },
});
