import { KernelError } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../memory-store.ts';
import { Sense } from '../sense.ts';
import { type SampleDisk, type ServedDisk, sampleDisk } from '../testing/index.ts';
import { KERNEL_DISK } from './personalities.ts';

const MIB = 1024 * 1024;
const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
const withDisk = async (options: SampleDisk, act: (sample: ServedDisk) => Promise<void>): Promise<void> => {
  await using sample = sampleDisk(options);
  await act(sample);
};

async function senseOf({ host }: ServedDisk, unit = 0): Promise<number> {
  const { data } = await host.command({ cdb: [3, 0, 0, 0, 18, 0], in: 18, unit });
  return (data[2]! << 16) | (data[12]! << 8) | data[13]!;
}

describe('INQUIRY', () => {
  it('has vendor, product and revision, and whether the medium can be removed', async () => {
    await withDisk({ units: [{ removable: false }, { cdrom: true }] }, async ({ host }) => {
      const disk = (await host.command({ cdb: [0x12, 0, 0, 0, 36, 0], in: 36 })).data;
      expect([...disk.subarray(0, 5)]).toEqual([0, 0, 6, 2, 31]);
      expect(text(disk.subarray(8))).toBe('ACME    Sample Disk     1.0 ');
      const cd = (await host.command({ cdb: [0x12, 0, 0, 0, 36, 0], in: 36, unit: 1 })).data;
      expect([cd[0], cd[1]]).toEqual([5, 0x80]);
    });
  });

  it('has the pages of vital product data that it lists', async () => {
    await withDisk({}, async (sample) => {
      const page = async (code: number) =>
        (await sample.host.command({ cdb: [0x12, 1, code, 0, 255, 0], in: 255 })).data;
      const pages = [...(await page(0)).subarray(4)];
      expect(pages).toEqual([0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2]);
      for (const code of pages) {
        const bytes = await page(code);
        expect([bytes[1], bytes.length]).toEqual([code, 4 + ((bytes[2]! << 8) | bytes[3]!)]);
      }
      expect(text((await page(0x80)).subarray(4))).toBe('0042');
      expect(text((await page(0x83)).subarray(8))).toBe('ACME    Sample Disk     0042');
      expect((await page(0xb1))[5]).toBe(1);
      await sample.host.command({ cdb: [0x12, 1, 0xc0, 0, 255, 0], in: 255 });
      expect(await senseOf(sample)).toBe(Sense.INVALID_FIELD_IN_CDB);
    });
  });

  it('has no such pages in the kernel', async () => {
    await withDisk({ personality: KERNEL_DISK }, async (sample) => {
      await sample.host.command({ cdb: [0x12, 1, 0, 0, 36, 0], in: 36 });
      expect(await senseOf(sample)).toBe(Sense.INVALID_FIELD_IN_CDB);
    });
  });
});

describe('READ and WRITE of every length', () => {
  const bytes = Uint8Array.from({ length: 1024 }, (_, at) => at * 7);
  it.each([
    ['(6)', [0x0a, 0, 0, 5, 2, 0], [0x08, 0, 0, 5, 2, 0]],
    ['(10)', [0x2a, 8, 0, 0, 0, 5, 0, 0, 2, 0], [0x28, 0x18, 0, 0, 0, 5, 0, 0, 2, 0]],
    ['(12)', [0xaa, 0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0], [0xa8, 0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0]],
    ['(16)', [0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0], [0x88, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0]],
  ])('%s', async (_, write, read) => {
    await withDisk({ personality: KERNEL_DISK }, async ({ host }) => {
      expect(await host.command({ cdb: write, out: bytes })).toMatchObject({ status: 0, residue: 0 });
      expect((await host.command({ cdb: read, in: 1024 })).data).toEqual(bytes);
    });
  });

  it('moves more than all buffers hold', async () => {
    await withDisk({ bufferSize: 4096 }, async ({ host }) => {
      const large = Uint8Array.from({ length: 128 * 512 }, (_, at) => at * 13 + (at >> 8));
      await host.command({ cdb: [0x2a, 0, 0, 0, 0, 9, 0, 0, 128, 0], out: large });
      const { data } = await host.command({ cdb: [0x28, 0, 0, 0, 0, 9, 0, 0, 128, 0], in: large.length });
      expect(Buffer.compare(data, large)).toBe(0);
    });
  });

  it('takes a range that ends behind the medium for an error, before it moves anything', async () => {
    const last = [0x2a, 0, 0, 0, 7, 255, 0, 0, 2, 0];
    await withDisk({}, async (sample) => {
      expect(await sample.host.command({ cdb: last, out: bytes })).toMatchObject({ status: 1, residue: 1024 });
      expect(await senseOf(sample)).toBe(Sense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE);
    });
    // f_mass_storage.c writes what fits into the piece that it has asked for, and says nothing of the rest but the residue.
    await withDisk({ personality: KERNEL_DISK }, async ({ host }) => {
      expect(await host.command({ cdb: last, out: bytes })).toMatchObject({ status: 0, residue: 512 });
    });
    await withDisk({ personality: KERNEL_DISK, bufferSize: 512 }, async (sample) => {
      expect(await sample.host.command({ cdb: last, out: bytes })).toMatchObject({ status: 1, residue: 512 });
      expect(sample.units[0]).toMatchObject({ information: 2048 });
    });
  });

  it('reads a block beyond 2^53 as one that is not there', async () => {
    await withDisk({}, async (sample) => {
      const far = [0x88, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0];
      expect(await sample.host.command({ cdb: far, in: 512 })).toMatchObject({ status: 1 });
      expect(await senseOf(sample)).toBe(Sense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE);
    });
  });
});

describe('stable storage', () => {
  const counting = (): { flushes: number; units: SampleDisk['units'] } => {
    const counter = { flushes: 0, units: [] as SampleDisk['units'] };
    const store = memoryStore({ size: MIB });
    counter.units = [{ store: { ...store, flush: async () => void counter.flushes++ } }];
    return counter;
  };
  const write = (flags: number) => ({ cdb: [0x2a, flags, 0, 0, 0, 0, 0, 0, 1, 0], out: new Uint8Array(512) });

  it('is waited for by SYNCHRONIZE CACHE, also with IMMED, and by FUA', async () => {
    const counter = counting();
    await withDisk({ units: counter.units! }, async ({ host }) => {
      await host.command(write(0));
      expect(counter.flushes).toBe(0);
      await host.command({ cdb: [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
      await host.command({ cdb: [0x35, 2, 0, 0, 0, 0, 0, 0, 0, 0] });
      await host.command({ cdb: [0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
      expect(counter.flushes).toBe(3);
      await host.command(write(8));
      expect(counter.flushes).toBe(4);
    });
  });

  it('is not waited for with FUA, where the unit ignores it', async () => {
    const counter = counting();
    await withDisk({ units: [{ ...counter.units![0], ignoreForceUnitAccess: true }] }, async ({ host }) => {
      await host.command(write(8));
      expect(counter.flushes).toBe(0);
    });
  });

  it('is waited for by every write once a host has turned the write cache off', async () => {
    const counter = counting();
    await withDisk({ units: counter.units! }, async (sample) => {
      const sense = { cdb: [0x1a, 8, 8, 0, 16, 0], in: 16 };
      const page = (await sample.host.command(sense)).data;
      expect([page[4], page[5], page[6]]).toEqual([8, 10, 4]);
      page[0] = 0;
      page[2] = 0;
      page[6] = 0;
      await sample.host.command({ cdb: [0x15, 0x10, 0, 0, 16, 0], out: page });
      expect((await sample.host.command(sense)).data[6]).toBe(0);
      await sample.host.command(write(0));
      expect(counter.flushes).toBe(1);
      page[7] = 1;
      await sample.host.command({ cdb: [0x15, 0x10, 0, 0, 16, 0], out: page });
      expect(await senseOf(sample)).toBe(Sense.INVALID_FIELD_IN_PARAMETER_LIST);
    });
  });
});

describe('a medium that fails', () => {
  it.each([
    ['EIO', Sense.WRITE_ERROR, Sense.UNRECOVERED_READ_ERROR],
    ['ENOSPC', Sense.SPACE_ALLOCATION_FAILED, Sense.SPACE_ALLOCATION_FAILED],
    ['EROFS', Sense.WRITE_PROTECTED, Sense.UNRECOVERED_READ_ERROR],
    ['ENODEV', Sense.MEDIUM_NOT_PRESENT, Sense.MEDIUM_NOT_PRESENT],
  ] as const)('with %s is told to the host as sense data, with the block', async (code, onWrite, onRead) => {
    const store = memoryStore({ size: MIB });
    const fail = async (at: number): Promise<void> => {
      if (at >= 8 * 512) throw new KernelError(code, 'store');
    };
    const failing = { ...store, read: fail, write: fail, flush: () => fail(MIB) };
    const failures: unknown[] = [];
    const events = { failed: (_unit: number, error: unknown) => void failures.push(error) };
    await withDisk({ units: [{ store: failing }], events, bufferSize: 2048 }, async (sample) => {
      const read = await sample.host.command({ cdb: [0x28, 0, 0, 0, 0, 0, 0, 0, 16, 0], in: 16 * 512 });
      expect(read).toMatchObject({ status: 1, residue: 8 * 512 });
      expect(sample.units[0]!.information).toBe(8);
      expect(await senseOf(sample)).toBe(onRead);
      const out = new Uint8Array(16 * 512);
      const written = await sample.host.command({ cdb: [0x2a, 0, 0, 0, 0, 0, 0, 0, 16, 0], out });
      expect(written).toMatchObject({ status: 1, residue: 8 * 512 });
      expect(await senseOf(sample)).toBe(onWrite);
      expect(await sample.host.command({ cdb: [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0] })).toMatchObject({ status: 1 });
      expect(failures.length).toBe(3);
    });
  });
});

describe('a removable medium', () => {
  const EJECT = [0x1b, 0, 0, 0, 2, 0];
  const READY = { cdb: [0, 0, 0, 0, 0, 0] };

  it('is ejected by the host unless it is locked, after a flush', async () => {
    const ejected: number[] = [];
    await withDisk({ events: { ejected: (unit) => void ejected.push(unit) } }, async (sample) => {
      await sample.host.command({ cdb: [0x1e, 0, 0, 0, 1, 0] });
      expect(await sample.host.command({ cdb: EJECT })).toMatchObject({ status: 1 });
      expect(await senseOf(sample)).toBe(Sense.MEDIUM_REMOVAL_PREVENTED);
      await sample.host.command({ cdb: [0x1e, 0, 0, 0, 0, 0] });
      expect(await sample.host.command({ cdb: EJECT })).toMatchObject({ status: 0 });
      expect(ejected).toEqual([0]);
      expect(await sample.host.command(READY)).toMatchObject({ status: 1 });
      expect(await senseOf(sample)).toBe(Sense.MEDIUM_NOT_PRESENT);
      expect(await sample.host.command({ cdb: [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0], in: 512 })).toMatchObject({
        status: 1,
        residue: 512,
      });
    });
  });

  it('is told to the host when the gadget exchanges it', async () => {
    await withDisk({}, async (sample) => {
      const unit = sample.units[0]!;
      unit.eject('gadget');
      expect(await sample.host.command(READY)).toMatchObject({ status: 1 });
      expect(await senseOf(sample)).toBe(Sense.MEDIUM_NOT_PRESENT);
      unit.insert(memoryStore({ size: 2 * MIB, blockSize: 4096 }));
      expect(await sample.host.command(READY)).toMatchObject({ status: 1 });
      expect(await senseOf(sample)).toBe(Sense.NOT_READY_TO_READY_TRANSITION);
      const { data } = await sample.host.command({ cdb: [0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], in: 8 });
      expect([...data]).toEqual([0, 0, 1, 255, 0, 0, 16, 0]);
    });
  });

  it('may be taken out in the middle of a command, which goes on with the old one', async () => {
    const store = memoryStore({ size: MIB });
    let taken = false;
    const units: SampleDisk['units'] = [
      {
        store: {
          ...store,
          read: async (at, into) => {
            taken = sample.units[0]!.eject('gadget') !== undefined || taken;
            await store.read(at, into);
          },
        },
      },
    ];
    await using sample = sampleDisk({ units, bufferSize: 2048 });
    const read = await sample.host.command({ cdb: [0x28, 0, 0, 0, 0, 0, 0, 0, 16, 0], in: 16 * 512 });
    expect([read.status, taken]).toEqual([0, true]);
    await sample.disk.idle();
  });
});

describe('the commands besides', () => {
  it('REPORT LUNS lists the units, whatever has happened to them', async () => {
    await withDisk({ units: [{}, {}, {}], attention: true }, async ({ host }) => {
      const { data } = await host.command({ cdb: [0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0], in: 64 });
      expect(data.length).toBe(8 + 24);
      expect([data[3], data[9], data[17], data[25]]).toEqual([24, 0, 1, 2]);
    });
  });

  it('READ CAPACITY (16) tells size, and that UNMAP works', async () => {
    await withDisk({}, async ({ host }) => {
      const cdb = [0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0];
      const { data } = await host.command({ cdb, in: 32 });
      expect([...data.subarray(4, 15)]).toEqual([0, 0, 7, 255, 0, 0, 2, 0, 0, 0, 0xc0]);
    });
  });

  it('READ FORMAT CAPACITIES has one descriptor', async () => {
    await withDisk({}, async ({ host }) => {
      const { data } = await host.command({ cdb: [0x23, 0, 0, 0, 0, 0, 0, 0, 252, 0], in: 252 });
      expect([...data]).toEqual([0, 0, 0, 8, 0, 0, 8, 0, 2, 0, 2, 0]);
    });
  });

  it('UNMAP and WRITE SAME change the medium, all ranges or none', async () => {
    const store = memoryStore({ bytes: new Uint8Array(MIB).fill(1) });
    await withDisk({ units: [{ store }] }, async (sample) => {
      const list = new Uint8Array(24);
      list.set([0, 22, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3]);
      const unmap = { cdb: [0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0], out: list };
      expect(await sample.host.command(unmap)).toMatchObject({ status: 0, residue: 0 });
      expect([store.bytes[1023], store.bytes[1024], store.bytes[2559], store.bytes[2560]]).toEqual([1, 0, 0, 1]);
      list[8 + 12] = 0xff;
      list[8 + 8] = 0xff;
      expect(await sample.host.command(unmap)).toMatchObject({ status: 1 });
      expect(await senseOf(sample)).toBe(Sense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE);
      const same = { cdb: [0x41, 0, 0, 0, 0, 16, 0, 0, 200, 0], out: new Uint8Array(512).fill(5) };
      expect(await sample.host.command(same)).toMatchObject({ status: 0 });
      expect([store.bytes[8191], store.bytes[8192], store.bytes[216 * 512 - 1], store.bytes[216 * 512]]).toEqual([
        1, 5, 5, 1,
      ]);
    });
  });

  it('VERIFY reads the medium, or compares it', async () => {
    await withDisk({}, async (sample) => {
      expect(await sample.host.command({ cdb: [0x2f, 0, 0, 0, 0, 0, 0, 8, 0, 0] })).toMatchObject({ status: 0 });
      const compare = { cdb: [0x2f, 2, 0, 0, 0, 0, 0, 0, 2, 0], out: new Uint8Array(1024) };
      expect(await sample.host.command(compare)).toMatchObject({ status: 0, residue: 0 });
      compare.out[700] = 1;
      expect(await sample.host.command(compare)).toMatchObject({ status: 1 });
      expect(sample.units[0]).toMatchObject({ sense: Sense.MISCOMPARE, information: 1 });
    });
  });

  it('write-protected media refuse everything that would change them', async () => {
    await withDisk({ units: [{ readOnly: true }] }, async (sample) => {
      for (const command of [
        { cdb: [0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0], out: new Uint8Array(512) },
        { cdb: [0x41, 0, 0, 0, 0, 0, 0, 0, 1, 0], out: new Uint8Array(512) },
        { cdb: [0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0], out: new Uint8Array(24) },
      ]) {
        expect(await sample.host.command(command)).toMatchObject({ status: 1 });
        expect(await senseOf(sample)).toBe(Sense.WRITE_PROTECTED);
      }
      expect((await sample.host.command({ cdb: [0x1a, 0, 0x3f, 0, 192, 0], in: 192 })).data[2]).toBe(0x90);
    });
  });

  it('a CD has a table of contents, which a disk has not', async () => {
    await withDisk({ units: [{ cdrom: true }, {}] }, async (sample) => {
      const toc = { cdb: [0x43, 2, 0, 0, 0, 0, 0, 0, 20, 0], in: 20 };
      const { data } = await sample.host.command(toc);
      // 512 blocks and the lead-in of 150: 8 seconds and 62 frames.
      expect([...data]).toEqual([0, 18, 1, 1, 0, 0x16, 1, 0, 0, 0, 2, 0, 0, 0x16, 0xaa, 0, 0, 0, 8, 62]);
      expect(await sample.host.command({ ...toc, unit: 1 })).toMatchObject({ status: 1 });
      expect(await senseOf(sample, 1)).toBe(Sense.INVALID_COMMAND);
    });
  });

  it('MODE SENSE of the kernel has the caching page alone', async () => {
    await withDisk({ personality: KERNEL_DISK }, async ({ host }) => {
      const { data } = await host.command({ cdb: [0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 192, 0], in: 192 });
      expect([...data]).toEqual([0, 18, 0, 0, 0, 0, 0, 0, 8, 10, 4, 0, 255, 255, 0, 0, 255, 255, 255, 255]);
    });
  });
});
