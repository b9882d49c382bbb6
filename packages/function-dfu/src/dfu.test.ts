import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { composeStack, defineGadget, describeGadget } from '@gadgetloom/gadget';
import { WebDFU } from 'dfu';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dfu } from './dfu.ts';
import type { DfuImage } from './dfu-image.ts';
import { DFU_STATES, DFU_STATUSES, DfuError, DfuRequest } from './dfu-protocol.ts';

const SIZE = 256;
const pattern = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff);

/** A device with the updater, and a host that speaks DFU to it. */
async function plugIn(backend: 'mock' | 'dwc3' | 'musb' = 'mock', options: Parameters<typeof dfu>[0] = {}) {
  const gadget = defineGadget({
    vendorId: 0x1d6b,
    productId: 0x0104,
    functions: { update: dfu({ transferSize: SIZE, pollTimeout: 0, ...options }) },
  });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const stack = await composeStack({ gadget, backends: [mock(), dwc3(), musb()], backend, onError });
  const device = await stack.host();
  await device.open();
  await device.claimInterface(0);
  const setup = { requestType: 'class', recipient: 'interface', index: 0 } as const;
  const out = async (request: number, value = 0, data = new Uint8Array(0)) =>
    (await device.controlTransferOut({ ...setup, request, value }, data)).status;
  const read = async (request: number, length: number, value = 0) => {
    const { data, status } = await device.controlTransferIn({ ...setup, request, value }, length);
    return status === 'ok' ? new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength) : undefined;
  };
  const status = async () => {
    const answer = (await read(DfuRequest.GETSTATUS, 6))!;
    return [DFU_STATUSES[answer[0]!], DFU_STATES[answer[4]!]];
  };
  /** Asks for the status until the device is not busy. */
  const settled = async () => {
    for (;;) {
      const [result, state] = await status();
      if (state !== 'dfuDNBUSY' && state !== 'dfuMANIFEST') return [result, state];
    }
  };
  /** Downloads an image. Returns the last status. */
  const download = async (image: Uint8Array<ArrayBuffer>) => {
    for (let block = 0; block * SIZE < image.length; block++) {
      const accepted = await out(DfuRequest.DNLOAD, block, image.slice(block * SIZE, (block + 1) * SIZE));
      if (accepted !== 'ok') return settled();
      const [result, state] = await settled();
      if (result !== 'OK') return [result, state];
    }
    await out(DfuRequest.DNLOAD, Math.ceil(image.length / SIZE));
    return settled();
  };
  const update = stack.function('update');
  return {
    ...{ stack, device, update, errors, out, read, status, settled, download },
    [Symbol.asyncDispose]: () => stack.close(),
  };
}

describe.each(['mock', 'dwc3', 'musb'] as const)('a firmware updater on %s', (backend) => {
  it('takes an image block by block, as slowly as the program takes it', async () => {
    await using host = await plugIn(backend);
    const taken: number[] = [];
    let image = new Uint8Array(0);
    host.update.onDownload(async (coming) => {
      for await (const block of coming) {
        taken.push(block.length);
        await new Promise((resolve) => setTimeout(resolve));
        image = Uint8Array.of(...image, ...block);
      }
    });
    expect(await host.download(pattern(1000))).toEqual(['OK', 'dfuIDLE']);
    expect(image).toEqual(pattern(1000));
    expect(taken).toEqual([SIZE, SIZE, SIZE, 1000 - 3 * SIZE]);
    expect(host.errors).toEqual([]);
  });

  it('gives an image to the host', async () => {
    await using host = await plugIn(backend);
    host.update.onUpload(() => [pattern(300), pattern(100)]);
    const blocks = [];
    for (let block = 0; ; block++) {
      const bytes = (await host.read(DfuRequest.UPLOAD, SIZE, block))!;
      blocks.push(...bytes);
      if (bytes.length < SIZE) break;
    }
    expect(blocks).toEqual([...pattern(300), ...pattern(100)]);
    expect(await host.status()).toEqual(['OK', 'dfuIDLE']);
  });

  it('does both with an unmodified WebDFU', async () => {
    await using host = await plugIn(backend);
    let image = new Uint8Array(0);
    host.update.onDownload(async (coming) => {
      image = await coming.collect(100_000);
    });
    host.update.onUpload(() => image);
    await host.device.close();
    const quiet = { info() {}, warning() {}, progress() {} };
    // WebDFU wants the types of a browser's device, which the virtual host has at run time.
    const webdfu = new WebDFU(host.device as unknown as ConstructorParameters<typeof WebDFU>[0], {}, quiet);
    await webdfu.init();
    await webdfu.connect(0);
    expect(webdfu.properties).toMatchObject({ CanUpload: true, CanDownload: true, TransferSize: SIZE });
    const writing = webdfu.write(SIZE, pattern(5000).buffer, true);
    await new Promise<void>((resolve, reject) => {
      writing.events.on('end', resolve);
      writing.events.on('error', reject);
    });
    expect(image).toEqual(pattern(5000));
    const reading = webdfu.read(SIZE, 100_000);
    const blob = await new Promise<Blob>((resolve, reject) => {
      reading.events.on('end', resolve);
      reading.events.on('error', reject);
    });
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(pattern(5000));
  });
});

describe('a firmware updater', () => {
  it('refuses an image that the program refuses, with its status, and takes the next', async () => {
    await using host = await plugIn();
    host.update.onDownload(async (image) => {
      const bytes = await image.collect(2000);
      if (bytes[0] !== 0) throw new DfuError('errVERIFY', 'the first byte is not 0');
    });
    expect(await host.download(new Uint8Array(300).fill(1))).toEqual(['errVERIFY', 'dfuERROR']);
    expect(await host.out(DfuRequest.DNLOAD, 0, new Uint8Array(8))).toBe('stall');
    expect(await host.status()).toEqual(['errVERIFY', 'dfuERROR']);
    expect(await host.out(DfuRequest.CLRSTATUS)).toBe('ok');
    expect(await host.download(new Uint8Array(300))).toEqual(['OK', 'dfuIDLE']);
    expect(host.errors).toEqual([]);
  });

  it('reports an error of the program, and tells the host that writing failed', async () => {
    await using host = await plugIn();
    host.update.onDownload(() => Promise.reject(new Error('the flash is worn out')));
    expect(await host.download(pattern(600))).toEqual(['errWRITE', 'dfuERROR']);
    expect(host.errors).toMatchObject([{ message: 'the flash is worn out' }]);
  });

  it('refuses images that nobody takes, and blocks that are too long', async () => {
    await using host = await plugIn();
    expect(await host.download(pattern(10))).toEqual(['errTARGET', 'dfuERROR']);
    await host.out(DfuRequest.CLRSTATUS);
    host.update.onDownload((image) => image.collect(1000));
    expect(await host.out(DfuRequest.DNLOAD, 0, new Uint8Array(SIZE + 1))).toBe('stall');
    expect(await host.status()).toEqual(['errSTALLEDPKT', 'dfuERROR']);
  });

  it.each([
    ['aborts', (host: Awaited<ReturnType<typeof plugIn>>) => host.out(DfuRequest.ABORT)],
    ['resets the device', (host: Awaited<ReturnType<typeof plugIn>>) => host.device.reset()],
    ['is unplugged', (host: Awaited<ReturnType<typeof plugIn>>) => host.stack.faults.disconnect()],
  ])('tells the program when the host %s in the middle', async (_, end) => {
    await using host = await plugIn();
    const ended = new Promise<DfuImage>((resolve) => {
      host.update.onDownload(async (image) => {
        await image.collect(1000).catch(() => resolve(image));
      });
    });
    await host.out(DfuRequest.DNLOAD, 0, pattern(SIZE));
    await end(host);
    const image = await ended;
    expect([image.bytes, image.signal.aborted]).toEqual([SIZE, true]);
    expect(host.update.state).toBe('dfuIDLE');
    expect(host.errors).toEqual([]);
  });

  it('waits for a reset after an image if it does not tolerate more', async () => {
    await using host = await plugIn('mock', { manifestationTolerant: false });
    host.update.onDownload((image) => image.collect(1000));
    expect(await host.download(pattern(10))).toEqual(['OK', 'dfuMANIFEST-WAIT-RESET']);
  });

  it.each([true, false])('changes to DFU mode at run time (willDetach: %s)', async (willDetach) => {
    await using host = await plugIn('mock', { mode: 'runtime', willDetach });
    const detached = new Promise<void>((resolve) => host.update.onDetach(resolve));
    expect(await host.read(DfuRequest.GETSTATE, 1)).toEqual(Uint8Array.of(0));
    expect(await host.out(DfuRequest.DETACH, 1000)).toBe('ok');
    if (!willDetach) await host.device.reset();
    await detached;
    expect(await host.out(DfuRequest.DNLOAD, 0, pattern(1)).catch(() => 'stall')).toBe('stall');
  });

  it('keeps images in a file', async () => {
    const { mkdtemp, readFile, readdir, rm } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const folder = await mkdtemp(`${tmpdir()}/gadgetloom-dfu-`);
    try {
      await using host = await plugIn('mock', { file: `${folder}/image.bin` });
      expect(await host.download(pattern(1000))).toEqual(['OK', 'dfuIDLE']);
      expect(new Uint8Array(await readFile(`${folder}/image.bin`))).toEqual(pattern(1000));
      expect(await host.read(DfuRequest.UPLOAD, 100)).toEqual(pattern(1000).slice(0, 100));
      expect(await readdir(folder)).toEqual(['image.bin']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('describes itself as DFU 1.1 says', async () => {
    const gadget = defineGadget({ vendorId: 1, productId: 2, functions: { a: dfu({ name: 'flash' }) } });
    const [high] = (await describeGadget(gadget)).speeds;
    const hex = high!.bytes.map((bytes) => Buffer.from(bytes).toString('hex')).join('');
    expect(hex).toContain('0904000000fe0102');
    expect(hex).toContain('09210fe80300101001');
  });

  it('survives a host that asks anything, and serves the next good one', { timeout: 60_000 }, async () => {
    const step = fc.oneof(
      fc.record({
        request: fc.integer({ min: 0, max: 8 }),
        value: fc.nat(3),
        length: fc.constantFrom(0, 1, 6, SIZE, SIZE + 1, 4096),
        direction: fc.constantFrom('in', 'out'),
      }),
      fc.constantFrom('reset', 'wait'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.constantFrom('take', 'throw', 'ignore'),
        async (steps, how) => {
          await using host = await plugIn();
          host.update.onDownload(async (image) => {
            if (how === 'throw') throw new Error('no');
            if (how === 'take') await image.collect(100_000);
          });
          host.update.onUpload(() => pattern(1000));
          for (const one of steps) {
            if (one === 'wait') await host.status();
            else if (one === 'reset') {
              await host.device.reset();
              await host.device.selectConfiguration(1);
              await host.device.claimInterface(0);
            } else if (one.direction === 'in') await host.read(one.request, one.length, one.value);
            else await host.out(one.request, one.value, new Uint8Array(one.length));
          }
          if (host.update.state === 'dfuERROR') await host.out(DfuRequest.CLRSTATUS);
          if (host.update.state !== 'dfuIDLE') await host.device.reset();
          await host.device.selectConfiguration(1);
          await host.device.claimInterface(0);
          host.update.onDownload((image) => image.collect(100_000));
          expect(await host.download(pattern(500))).toEqual(['OK', 'dfuIDLE']);
          expect(host.errors.filter((error) => (error as Error).message !== 'no')).toEqual([]);
        },
      ),
      { numRuns: 40, seed: 15 },
    );
  });
});
