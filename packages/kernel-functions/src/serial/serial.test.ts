import { dwc3 } from '@gadgetloom/backend-dwc3';
import { composeStack } from '@gadgetloom/gadget';
import { SERIAL_PORTS } from '@gadgetloom/kernel-functions';
import { describe, expect, it } from 'vitest';
import { BACKENDS, serialHost, serialStack } from '../../test/serial-stack.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (read: Uint8Array | undefined): string => new TextDecoder().decode(read);
const [SET_LINE_CODING, GET_LINE_CODING, SET_CONTROL_LINE_STATE, SEND_BREAK] = [0x20, 0x21, 0x22, 0x23];
const CODING_115200 = Uint8Array.of(0, 0xc2, 1, 0, 0, 0, 8);
const [CARRIER, BREAK] = [3, 4];

describe.each(BACKENDS)('a serial port on %s', (backend) => {
  it('carries bytes both ways, under the path that Linux gives it', async () => {
    const rig = await serialStack(backend);
    await using port = await rig.open();
    expect([port.path, port.portNumber]).toEqual(['/dev/ttyGS0', 0]);
    const host = await serialHost(rig);
    await host.send('hello');
    expect(text(await port.read())).toBe('hello');
    await port.write(bytes('world'));
    expect(await host.text()).toBe('world');
  });

  it('of gser has no class and no control requests', async () => {
    const rig = await serialStack(backend, 'gser');
    await using port = await rig.open();
    const host = await serialHost(rig);
    expect(host.device.configuration?.interfaces[0]?.alternate.interfaceClass).toBe(0xff);
    await host.send('x');
    expect(text(await port.read())).toBe('x');
    expect(port.line).toBeUndefined();
    expect((await host.set(SET_CONTROL_LINE_STATE, 3)).status).toBe('stall');
  });

  it('answers with the line coding that the host has set, zeros before, and tells the program', async () => {
    const rig = await serialStack(backend);
    await using port = await rig.open();
    const changes: unknown[] = [];
    port.line?.onChange((change) => changes.push(change));
    const host = await serialHost(rig);
    expect(await host.get(GET_LINE_CODING, 7)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(port.line?.lineCoding).toBeUndefined();
    expect((await host.set(SET_LINE_CODING, 0, CODING_115200)).status).toBe('ok');
    expect(await host.get(GET_LINE_CODING, 64)).toEqual([...CODING_115200]);
    await host.set(SET_CONTROL_LINE_STATE, 1);
    const lineCoding = { baudRate: 115200, stopBits: 1, parity: 'none', dataBits: 8 };
    expect(changes).toEqual([
      { type: 'line-coding', lineCoding },
      { type: 'control-lines', controlLines: { dtr: true, rts: false } },
    ]);
    expect(port.line).toMatchObject({ lineCoding, controlLines: { dtr: true, rts: false } });
  });

  it('refuses requests of another length or to another interface', async () => {
    const host = await serialHost(await serialStack(backend));
    expect((await host.set(SET_LINE_CODING, 0, new Uint8Array(6))).status).toBe('stall');
    expect((await host.set(SET_LINE_CODING, 0, CODING_115200, 1)).status).toBe('stall');
    expect((await host.set(0x02, 0)).status).toBe('stall');
    expect(await host.get(GET_LINE_CODING, 7)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('tells the host whether a program has it open, and the breaks of the program', async () => {
    const rig = await serialStack(backend);
    const host = await serialHost(rig);
    expect(await host.state()).toBe(0); // told when the host configured the device
    const port = await rig.open();
    expect(await host.state()).toBe(CARRIER);
    port.setBreak(true);
    expect(await host.state()).toBe(CARRIER | BREAK);
    port.setBreak(false);
    expect(await host.state()).toBe(CARRIER);
    await port.close();
    expect(await host.state()).toBe(0);
  });

  it('sends a break of the host back, refuses the request, as Linux has it, and tells the program', async () => {
    const rig = await serialStack(backend);
    await using port = await rig.open();
    const changes: unknown[] = [];
    port.line?.onChange((change) => changes.push(change));
    const host = await serialHost(rig);
    expect(await host.state()).toBe(CARRIER);
    expect((await host.set(SEND_BREAK, 0xffff)).status).toBe('stall');
    expect(await host.state()).toBe(CARRIER | BREAK);
    expect((await host.set(SEND_BREAK, 0)).status).toBe('stall');
    expect(await host.state()).toBe(CARRIER);
    expect(changes).toEqual([
      { type: 'break', duration: 0xffff },
      { type: 'break', duration: 0 },
    ]);
  });

  it('merges changes of the state that the host does not fetch', async () => {
    const rig = await serialStack(backend);
    await using port = await rig.open();
    const host = await serialHost(rig);
    for (const on of [true, false, true]) port.setBreak(on);
    await Promise.resolve();
    expect(await host.state()).toBe(CARRIER);
    expect(await host.state()).toBe(CARRIER | BREAK);
  });

  it('ends a write with a zero-length packet if it fills whole packets', async () => {
    const rig = await serialStack(backend);
    await using port = await rig.open();
    const host = await serialHost(rig);
    await port.write(new Uint8Array(512).fill(7));
    expect(await host.receive(1024)).toHaveLength(512);
  });

  it('keeps what is written while no host is there', async () => {
    const rig = await serialStack(backend);
    await rig.stack.usbGadget.unbind();
    await using port = await rig.open();
    await port.write(bytes('early'));
    await rig.stack.usbGadget.bind();
    const host = await serialHost(rig);
    expect(await host.text()).toBe('early');
  });

  it('drops what a host sends while no program has it open', async () => {
    const rig = await serialStack(backend);
    const first = await rig.open();
    const host = await serialHost(rig);
    await first.close();
    await host.send('lost');
    await rig.pass(10);
    await using second = await rig.open();
    await host.send('seen');
    expect(text(await second.read())).toBe('seen');
  });

  it('holds the host up while the program does not read, and loses nothing', async () => {
    const rig = await serialStack(backend);
    await using port = await rig.open();
    const host = await serialHost(rig);
    const sent = Uint8Array.from({ length: 64 * 1024 }, (_, index) => index % 251);
    let taken = 0;
    const sending = (async () => {
      for (let at = 0; at < sent.length; at += 512) {
        await host.send(sent.subarray(at, at + 512));
        taken = at + 512;
      }
    })();
    await rig.pass(1000);
    expect(taken).toBeLessThan(32 * 1024);
    const got: number[] = [];
    while (got.length < sent.length) got.push(...((await port.read()) ?? []));
    await sending;
    expect(got).toEqual([...sent]);
  });

  it('is hung up when the host selects the configuration again, and opens itself again', async () => {
    const rig = await serialStack(backend);
    await using port = await rig.open();
    let hangups = 0;
    port.onHangup(() => hangups++);
    const host = await serialHost(rig);
    const reading = port.read();
    await host.device.selectConfiguration(1);
    for (const one of [0, 1]) await host.device.claimInterface(one);
    await host.send('again');
    expect(text(await reading)).toBe('again');
    expect(hangups).toBe(1);
    await port.write(bytes('back'));
    expect(await host.text()).toBe('back');
  });

  it('goes on with the next host after the one before has left', async () => {
    const rig = await serialStack(backend);
    await using port = await rig.open();
    await serialHost(rig);
    const reading = port.read();
    await rig.stack.usbGadget.unbind();
    await rig.stack.usbGadget.bind();
    const host = await serialHost(rig);
    await host.send('next');
    expect(text(await reading)).toBe('next');
  });

  it('ends when the stack is closed', async () => {
    const rig = await serialStack(backend);
    const port = await rig.open();
    await serialHost(rig);
    const reading = port.read();
    await rig.stack.close();
    expect(await reading).toBeUndefined();
    await expect(port.write(bytes('x'))).rejects.toMatchObject({ code: 'ENODEV' });
    await port.close();
    await expect(port.write(bytes('x'))).rejects.toMatchObject({ code: 'EBADF' });
  });

  it('reads and writes can be aborted, and lose nothing', async () => {
    const rig = await serialStack(backend);
    await using port = await rig.open();
    const host = await serialHost(rig);
    const abort = new AbortController();
    const first = port.read({ signal: abort.signal });
    const second = port.read();
    abort.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    await host.send('for the second');
    expect(text(await second)).toBe('for the second');
    const full = new AbortController();
    const writing = port.write(new Uint8Array(64 * 1024), { signal: full.signal });
    full.abort();
    await expect(writing).rejects.toThrow('aborted');
  });
});

describe('the serial functions of a simulated kernel', () => {
  const gadget = (functions: Record<string, { kernel: string; attributes?: Record<string, number | boolean> }>) => ({
    ...{ name: 'g1', vendorId: 0x1d6b, productId: 0x0104, functions },
  });

  it('take port numbers in order, and give them back', async () => {
    const functions = Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`s${index}`, { kernel: 'gser' }]));
    const stack = await composeStack({ gadget: gadget(functions), backends: [dwc3()] });
    const open = (instance: string) => stack.resolve(SERIAL_PORTS).open({ gadget: 'g1', type: 'gser', instance });
    expect([(await open('s0')).path, (await open('s2')).path]).toEqual(['/dev/ttyGS0', '/dev/ttyGS2']);
    await expect(open('s3')).rejects.toMatchObject({ code: 'ENOENT' });
    await stack.close();
  });

  it('are eight at most', async () => {
    const functions = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`s${index}`, { kernel: 'gser' }]));
    await expect(composeStack({ gadget: gadget(functions), backends: [dwc3()] })).rejects.toMatchObject({
      code: 'EBUSY',
    });
  });

  it('show the protocol of acm', async () => {
    const rig = await serialStack('mock', 'acm', { protocol: 0xff });
    const host = await serialHost(rig);
    expect(host.device.configuration?.interfaces[0]?.alternate.interfaceProtocol).toBe(0xff);
  });

  it('have no console, as Debian builds its kernel', async () => {
    await expect(serialStack('mock', 'acm', { console: true })).rejects.toMatchObject({
      field: 'functions.console.attributes',
      message: expect.stringContaining('backend "mock" does not have'),
    });
  });
});
