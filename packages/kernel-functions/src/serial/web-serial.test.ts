import { exposeWebUsb } from '@gadgetloom/virtual-host';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BACKENDS, serialStack } from '../../test/serial-stack.ts';

/** The part of the Web Serial API that the test uses. */
interface WebSerial {
  requestPort(): Promise<{
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    open(options: { baudRate: number; parity?: string }): Promise<void>;
    setSignals(signals: { break?: boolean; requestToSend?: boolean }): Promise<void>;
    reconfigure(options: { baudRate: number }): Promise<void>;
    close(): Promise<void>;
  }>;
}

const POLYFILL: string = 'web-serial-polyfill';

describe.each(BACKENDS)('web-serial-polyfill on %s', (backend) => {
  it('talks to a program, which learns how it set the line', async () => {
    const rig = await serialStack(backend);
    await using port = await rig.open();
    const changes: unknown[] = [];
    port.line?.onChange((change) => changes.push(change.type === 'line-coding' ? change.lineCoding : change));
    await rig.stack.host();
    const exposed = exposeWebUsb(rig.stack.resolve(VIRTUAL_HOST).usb);
    onTestFinished(() => exposed[Symbol.dispose]());

    const { serial } = (await import(POLYFILL)) as { serial: WebSerial };
    const terminal = await serial.requestPort();
    await terminal.open({ baudRate: 57600, parity: 'even' });
    const writer = terminal.writable.getWriter();
    await writer.write(new TextEncoder().encode('AT\r'));
    expect(new TextDecoder().decode(await port.read())).toBe('AT\r');
    await port.write(new TextEncoder().encode('OK\r\n'));
    const reader = terminal.readable.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('OK\r\n');

    await terminal.setSignals({ requestToSend: true });
    await terminal.setSignals({ break: true });
    await terminal.reconfigure({ baudRate: 9600 });
    expect(changes).toEqual([
      { baudRate: 57600, stopBits: 1, parity: 'even', dataBits: 8 },
      { type: 'control-lines', controlLines: { dtr: true, rts: false } },
      { type: 'control-lines', controlLines: { dtr: true, rts: true } },
      { type: 'break', duration: 0xffff },
      { baudRate: 9600, stopBits: 1, parity: 'even', dataBits: 8 },
    ]);
  });
});
