import { bulk, defineFunction } from '@gadgetloom/gadget';
import { z } from 'zod';

/** Bytes of the longest command and of the longest response. */
const PACKET = 64;
/** Registers (Arm ADIv5): those of the debug port, and from 0x100 those of the port that leads to memory. */
const Register = { id: 0x000, control: 0x004, select: 0x008, access: 0x100, address: 0x104, data: 0x10c } as const;
const STICKY_ERROR = 1 << 5;

/** A chip as a probe sees it: registers, and memory behind one of them. `undefined` and `false` are faults. */
function chip(base: number, memory: DataView) {
  const registers = new Map<number, number>();
  const value = (register: number) => registers.get(register) ?? 0;
  const width = () => 1 << Math.min(value(Register.access) & 7, 2);
  /** The place in memory of the next access. */
  const next = (): number | undefined => {
    const address = value(Register.address) >>> 0;
    const inside = address >= base && address + width() <= base + memory.byteLength;
    if (!inside) registers.set(Register.control, value(Register.control) | STICKY_ERROR);
    if (value(Register.control) & STICKY_ERROR) return undefined;
    if (value(Register.access) & 0x10) registers.set(Register.address, address + width());
    return address - base;
  };
  return {
    /** Register of a request (CMSIS-DAP, DAP_Transfer). Ports to memory have banks of four registers. */
    register: (request: number) =>
      request & 1 ? 0x100 | (value(Register.select) & 0xf0) | (request & 0x0c) : request & 0x0c,
    read(register: number): number | undefined {
      const control = value(Register.control);
      if (register === Register.id) return 0x2ba0_1477; // a Cortex-M
      if (register === Register.control) return control | ((control & 0x5000_0000) << 1); // power comes at once
      if (register !== Register.data) return value(register);
      const at = next();
      return at === undefined ? undefined : memory.getUint32(at & ~3, true);
    },
    write(register: number, written: number): boolean {
      const control = value(Register.control);
      if (register === Register.id) registers.set(Register.control, written & 4 ? control & ~STICKY_ERROR : control);
      else if (register !== Register.data) registers.set(register, written);
      if (register !== Register.data) return true;
      const at = next();
      if (at === undefined) return false;
      for (let byte = at; byte < at + width(); byte++) memory.setUint8(byte, written >>> (8 * (byte & 3)));
      return true;
    },
  };
}

/** Does the transfers of a command until one faults. Those of a block have one request, which stands before them. */
function transfer(target: ReturnType<typeof chip>, command: DataView, from: number, count: number, block?: number) {
  let at = from;
  let done = 0;
  const words: number[] = [];
  for (; done < count; done++) {
    const request = block ?? command.getUint8(at++);
    const register = target.register(request);
    if (request & 2) {
      const word = target.read(register);
      if (word === undefined) break;
      words.push(word);
    } else if (target.write(register, command.getUint32(at, true))) at += 4;
    else break;
  }
  return { done, result: [done === count ? 1 : 4, ...new Uint8Array(Uint32Array.from(words).buffer)] };
}

/** A debug probe, CMSIS-DAP version 2, with a simulated chip. */
export const cmsisDap = defineFunction({
  kind: 'cmsis-dap',
  options: z.strictObject({
    /** Bytes of the chip's memory. */
    memory: z
      .int()
      .multipleOf(4)
      .min(4)
      .default(64 * 1024),
    /** Address of the chip's memory. */
    address: z.int().multipleOf(4).min(0).max(0xf000_0000).default(0x2000_0000),
  }),
  // Hosts look for "CMSIS-DAP" in the name of the interface, and for OUT before IN.
  describe: () => ({ class: 0xff, description: 'CMSIS-DAP v2', endpoints: { out: bulk.out(), in: bulk.in() } }),
  start(fn, options) {
    const memory = new Uint8Array(options.memory);
    const target = chip(options.address, new DataView(memory.buffer));

    /** What each command answers after its own number. A command that is too short throws. */
    const commands: Record<number, (command: DataView) => number[]> = {
      0: (command) => ({ 254: [1, 1], 255: [2, PACKET, 0] })[command.getUint8(1)] ?? [0], // Info
      2: () => [1], // Connect: by SWD
      3: () => [0], // Disconnect
      4: () => [0], // TransferConfigure
      5(command) {
        const { done, result } = transfer(target, command, 3, command.getUint8(2));
        return [done, ...result];
      },
      6(command) {
        const { done, result } = transfer(target, command, 5, command.getUint16(2, true), command.getUint8(4));
        return [done & 0xff, done >> 8, ...result];
      },
      8: (command) => [target.write(Register.id, command.getUint8(2)) ? 0 : 0xff], // WriteABORT
      10: () => [0, 0], // ResetTarget: this chip needs no sequence
      17: () => [0], // SWJ_Clock
      18: () => [0], // SWJ_Sequence
    };
    fn.whileEnabled(async (session) => {
      for await (const bytes of session.transfers('out', { size: PACKET })) {
        if (bytes.length === 0) continue;
        let response = [0xff]; // the probe does not know the command, or cannot do it
        try {
          const answer = commands[bytes[0]!]?.(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
          if (answer !== undefined && answer.length < PACKET) response = [bytes[0]!, ...answer];
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
        }
        await session.send('in', Uint8Array.from(response));
      }
    });
    return { memory };
  },
});
