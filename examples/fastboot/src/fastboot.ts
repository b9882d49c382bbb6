import { bulk, defineFunction } from '@gadgetloom/gadget';
import { z } from 'zod';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const options = z.strictObject({
  /** Names of the partitions that a host may flash. */
  partitions: z.array(z.string()).default(['boot', 'system']),
  /** Most bytes of an image. */
  maxDownloadSize: z
    .int()
    .min(1)
    .default(64 * 1024 * 1024),
});

/** A bootloader that speaks fastboot: the host reads variables, downloads images, flashes them, and reboots the device. */
export const fastboot = defineFunction({
  kind: 'fastboot',
  options,
  describe: () => ({
    class: 0xff,
    subclass: 0x42,
    protocol: 0x03,
    description: 'fastboot',
    endpoints: { commands: bulk.out(), responses: bulk.in() },
  }),
  start(fn, { partitions, maxDownloadSize }) {
    const variables = new Map([
      ['version', '0.4'],
      ['product', 'gadgetloom'],
      ['max-download-size', `0x${maxDownloadSize.toString(16)}`],
    ]);
    let onFlash: (partition: string, image: Uint8Array) => unknown = () => {};
    let onReboot: (target: string) => unknown = () => {};

    fn.whileEnabled(async (session) => {
      const respond = (text: string) => session.send('responses', encoder.encode(text).subarray(0, 64));
      let image: Uint8Array | undefined;

      /** What each command does. It returns the text after OKAY; an error becomes FAIL. */
      const commands: Record<string, (argument: string) => string | Promise<string>> = {
        getvar: (name) => variables.get(name) ?? '',
        async download(length) {
          const size = /^[0-9a-f]{8}$/i.test(length) ? Number.parseInt(length, 16) : 0;
          if (size < 1 || size > maxDownloadSize) throw new Error('size is out of range');
          await respond(`DATA${length}`);
          const bytes = new Uint8Array(size);
          for (let at = 0; at < size; ) {
            const block = await session.receive('commands', { size: Math.min(size - at, 1024 * 1024) });
            if (block.length > size - at) throw new Error('more data than announced');
            bytes.set(block, at);
            at += block.length;
          }
          image = bytes;
          return '';
        },
        async flash(partition) {
          if (!partitions.includes(partition)) throw new Error('no such partition');
          if (image === undefined) throw new Error('download an image first');
          fn.tell(`flash ${partition}: ${image.length} bytes`);
          await onFlash(partition, image);
          return '';
        },
        reboot: () => '',
      };

      for await (const bytes of session.transfers('commands')) {
        const [, name = '', argument = ''] = /^([a-z]+)[:-]?(.*)$/s.exec(decoder.decode(bytes)) ?? [];
        const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
        try {
          if (command === undefined) throw new Error('unknown command');
          await respond(`OKAY${await command(argument)}`);
        } catch (error) {
          session.signal.throwIfAborted();
          await respond(`FAIL${error instanceof Error ? error.message : error}`);
          continue;
        }
        if (name === 'reboot') await onReboot(argument);
      }
    });

    return {
      /** Sets who writes images. If it throws, the host gets the message. */
      onFlash(handler: typeof onFlash) {
        onFlash = handler;
      },
      /** Sets what a reboot does; the target is empty, or a name such as `bootloader`. */
      onReboot(handler: typeof onReboot) {
        onReboot = handler;
      },
      /** Sets a variable that the host can read. */
      setVariable(name: string, value: string) {
        variables.set(name, value);
      },
    };
  },
});
