import { DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import { hostTransfer, pattern } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { CoreRig } from '../../test/core-rig.ts';
import { EndpointCommand } from '../registers/command.ts';
import { TrbCtrl, TrbType } from '../registers/trb.ts';

const { CHN, IOC } = TrbCtrl;
const IN = 3;

function rig(endpoint: number, maxPacket = 1024, options = {}): CoreRig {
  const it = new CoreRig(options);
  it.enable(endpoint, maxPacket);
  return it.connect();
}

function putTrb(
  memory: Uint8Array,
  offset: number,
  address: number,
  size: number,
  control: number,
  type: number = TrbType.NORMAL,
) {
  const view = new DataView(memory.buffer, memory.byteOffset + offset);
  view.setUint32(0, address >>> 0, true);
  view.setUint32(4, Math.floor(address / 2 ** 32), true);
  view.setUint32(8, size, true);
  view.setUint32(12, (control | (type << 4) | TrbCtrl.HWO) >>> 0, true);
}

describe('a core and its memory', () => {
  it('do not move a page that was unmapped, whatever the size of its TRB says', () => {
    const core = rig(IN);
    const memory = new Uint8Array(24 * 2 ** 20).fill(7);
    const a = core.memory.mapSingle(memory, 0, 4096, 'bidirectional');
    const b = core.memory.mapSingle(memory, 4096, 4096, 'bidirectional');
    core.memory.unmapSingle(b);
    core.trb(0, a, 4096, CHN);
    core.trb(1, b, 0xffff_ffff, CHN);
    core.trb(2, a, 4096, IOC);
    core.start(IN);
    const transfer = hostTransfer(20 * 2 ** 20);
    core.in(1, transfer);
    const stolen = transfer.data.subarray(4096, 4096 + 0xffffff).some((byte) => byte !== 0);
    expect([stolen, core.faults.length > 0]).toEqual([false, true]);
  });

  it('take the upper bits of a size for no bytes', () => {
    const core = rig(IN);
    const big = 2 ** 24 + 4096;
    const memory = new Uint8Array(4096 + big + 4096);
    memory
      .fill(1, 0, 4096)
      .fill(2, 4096, 4096 + big)
      .fill(3, 4096 + big);
    const a = core.memory.mapSingle(memory, 0, 4096, 'bidirectional');
    const b = core.memory.mapSingle(memory, 4096, big, 'bidirectional');
    const c = core.memory.mapSingle(memory, 4096 + big, 4096, 'bidirectional');
    core.trb(0, a, 4096, CHN);
    core.trb(1, b, 4096 | (1 << 24), CHN);
    core.trb(2, c, 4096, CHN);
    core.trb(3, a, 4096, IOC);
    core.start(IN);
    const transfer = hostTransfer(16384);
    core.in(1, transfer);
    expect([0, 4096, 8192, 12288].map((at) => transfer.data[at])).toEqual([1, 2, 3, 1]);
  });

  it('end where what is mapped ends, wherever a link leads', () => {
    const core = rig(IN);
    const bytes = new Uint8Array(64);
    const ring = core.memory.mapSingle(bytes, 0, 48, 'bidirectional');
    const data = core.map(pattern(4096));
    putTrb(bytes, 0, ring + 20, 0, 0, TrbType.LINK);
    putTrb(bytes, 20, data, 1024, CHN);
    putTrb(bytes, 36, data, 1024, CHN); // its control word is at 48: not mapped
    const before = bytes.slice(48);
    core.command(IN, EndpointCommand.START_TRANSFER, 0, ring);
    const transfer = hostTransfer(8192);
    core.in(1, transfer);
    expect([transfer.actual, core.faults.length > 0, bytes.subarray(48)]).toEqual([1024, true, before]);
  });

  it('find TRBs again behind some that are not at a multiple of four', () => {
    const core = rig(IN);
    const other = new Uint8Array(4096);
    const odd = core.memory.mapSingle(other, 2, 256, 'bidirectional');
    const data = core.map(pattern(1024));
    core.trb(0, odd, 0, 0, TrbType.LINK);
    putTrb(other, 2, data, 1024, CHN);
    putTrb(other, 18, core.ring.dmaAddress + 16, 0, 0, TrbType.LINK);
    core.trb(1, data, 1024, CHN);
    core.trb(2, data, 1000, IOC);
    core.start(IN);
    const transfer = hostTransfer(8192);
    expect([core.in(1, transfer), transfer.actual]).toEqual(['SHORT', 3048]);
  });

  it('are parted when it is unmapped, whatever was found there before', () => {
    const core = rig(IN);
    const bytes = new Uint8Array(4096);
    const other = new Uint8Array(4096);
    const ring = core.memory.mapSingle(bytes, 0, 4096, 'bidirectional');
    const data = core.map(pattern(1024));
    for (const memory of [bytes, other]) for (const at of [0, 16, 32]) putTrb(memory, at, data, 1024, CHN | IOC);
    core.command(IN, EndpointCommand.START_TRANSFER, 0, ring);
    expect(core.in(1, hostTransfer(1024))).toBe('ACK');
    core.memory.unmapSingle(ring);
    // The same addresses, and another place.
    expect(core.memory.mapSingle(other, 0, 4096, 'bidirectional')).toBe(ring);
    expect(core.in(1, hostTransfer(1024))).toBe('ACK');
    const owned = (memory: Uint8Array) => [0, 16, 32].map((at) => (memory[at + 12]! & TrbCtrl.HWO) !== 0);
    expect([owned(bytes), owned(other)]).toEqual([
      [false, true, true],
      [true, false, true],
    ]);
    core.memory.unmapSingle(ring);
    expect([core.in(1, hostTransfer(1024)), core.faults.length]).toEqual(['NAK', 1]);
    expect(owned(other)).toEqual([true, false, true]);
  });

  it('are parted when it is unmapped, also if somebody has thrown before', () => {
    let throwing = false;
    const faults: { access: string; address: number }[] = [];
    // A board may have an onFault, or a trace sink, that throws.
    const space = new DmaAddressSpace({
      name: 'x',
      onFault: (fault) => {
        faults.push(fault);
        if (throwing) throw new Error('stop here');
      },
    });
    const core = rig(IN, 1024, { memory: space });
    const bytes = new Uint8Array(4096);
    const ring = space.mapSingle(bytes, 0, 4096, 'bidirectional');
    putTrb(bytes, 0, 0x10, 1024, IOC);
    core.command(IN, EndpointCommand.START_TRANSFER, 0, ring);
    throwing = true;
    expect(() => core.in(1, hostTransfer(1024))).toThrow('stop here');
    throwing = false;
    space.unmapSingle(ring);
    const before = bytes.slice();
    core.command(IN, EndpointCommand.END_TRANSFER);
    expect(bytes).toEqual(before);
    expect(faults.some(({ access, address }) => access === 'write' && address >= ring && address < ring + 16)).toBe(
      true,
    );
  });
});
