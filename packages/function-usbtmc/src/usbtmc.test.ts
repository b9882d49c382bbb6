import { describe, expect, it } from 'vitest';
import { BACKENDS, scopeRig } from '../test/usbtmc-host.ts';
import { type RemoteState, ScpiError, type Waveform } from './index.ts';

const backends = Object.keys(BACKENDS) as (keyof typeof BACKENDS)[];
const sample = (at: number): number => (at * 7 + (at >> 8)) & 0xff;
const waveform = (length: number): Waveform => ({
  length,
  write(at, into) {
    for (let index = 0; index < into.length; index++) into[index] = sample(at + index);
  },
});

/** The samples of an answer, whose block header is checked. */
function samplesOf(answer: Uint8Array, length: number): Uint8Array {
  const prefix = `#${String(length).length}${length}`;
  expect(new TextDecoder().decode(answer.subarray(0, prefix.length))).toBe(prefix);
  expect(answer.length).toBe(prefix.length + length + 1);
  return answer.subarray(prefix.length, -1);
}

describe.each(backends)('an instrument on %s', (backend) => {
  it('identifies itself, answers queries and carries out commands', async () => {
    await using rig = await scopeRig(backend);
    const { host, scope, errors } = rig;
    let range: unknown;
    scope.command('CONFigure:VOLTage', ([value]) => {
      range = value;
    });
    scope.query('MEASure:VOLTage?', () => 3.3);
    expect(await host.query('*IDN?\n')).toBe('ACME,Scope,0042,1.0');
    await host.write('conf:volt 500 mV');
    expect(await host.query('MEAS:VOLT?')).toBe('3.3');
    expect(range).toBe(0.5);
    expect(errors).toEqual([]);
  });

  it('takes messages of every length, in several transfers, and answers likewise', async () => {
    await using rig = await scopeRig(backend);
    const { host, scope } = rig;
    scope.query('ECHO?', ([text]) => String(text));
    for (const length of [1, 2, 3, 4, 489, 490, 491, 492, 500, 501, 1004, 1005, 5000]) {
      const text = 'x'.repeat(length);
      expect(await host.query(`ECHO? "${text}"`, 512)).toBe(text);
      await host.write('ECHO? "', 0);
      await host.write(text, 0);
      expect(await host.query('"', 64)).toBe(text);
    }
  });

  it('sends waveforms, in one transfer and in pieces', async () => {
    await using rig = await scopeRig(backend, { bufferSize: 16384 });
    const { host, scope, errors, activity } = rig;
    const shared = backend !== 'musb' && backend !== 'mock without scatter-gather';
    for (const [length, size] of [
      [100_000, 1_000_000],
      [100_000, 40_000],
      [65_536 - 12 - 8, 65_536],
      [20_000, 700],
    ] as const) {
      scope.query('WAVeform:DATA?', () => waveform(length));
      await host.write('WAV:DATA?');
      const samples = samplesOf(await host.read(size), length);
      expect(samples.findIndex((value, at) => value !== sample(at))).toBe(-1);
    }
    expect(scope.path).toBe(shared ? 'dmabuf' : 'copy');
    expect(activity.some((line) => line.startsWith('long answers are copied'))).toBe(!shared);
    expect(errors).toEqual([]);
  });

  it('ends a transfer at the TermChar', async () => {
    await using rig = await scopeRig(backend);
    const { host, scope } = rig;
    scope.query('LIST?', () => 'one,two');
    await host.write('LIST?');
    await host.request(100, 2, 0x2c);
    const first = await host.fetch(100);
    expect([new TextDecoder().decode(first.data), first.attributes]).toEqual(['one,', 2]);
    await host.request(100, 2, 0x2c);
    const second = await host.fetch(100);
    expect([new TextDecoder().decode(second.data), second.attributes]).toEqual(['two\n', 1]);
  });

  it('aborts a waveform in the middle, and clears', async () => {
    await using rig = await scopeRig(backend, { bufferSize: 16384 });
    const { host, scope, errors } = rig;
    scope.query('WAVeform:DATA?', () => waveform(300_000));
    for (const end of ['abort', 'clear'] as const) {
      await host.write('WAV:DATA?');
      await host.request(1_000_000);
      expect(await host.rawIn(new Uint8Array(8192))).toBe(8192);
      if (end === 'clear') await host.clear();
      else {
        expect(await host.control(3, host.tag, 2, 'in')).toEqual([1, host.tag]);
        const rest = new Uint8Array(4096);
        let read = 4096;
        while (read === 4096) read = await host.rawIn(rest);
        expect(read).toBeGreaterThanOrEqual(0);
        const [status, queued] = await host.control(4, 0, 8, 'in');
        expect([status, queued]).toEqual([1, 0]);
      }
      expect(await host.query('*IDN?')).toBe('ACME,Scope,0042,1.0');
    }
    await host.write('WAV:DATA?');
    const samples = samplesOf(await host.read(1_000_000), 300_000);
    expect(samples.findIndex((value, at) => value !== sample(at))).toBe(-1);
    expect(errors).toEqual([]);
  });

  it('aborts a message of the host in the middle', async () => {
    await using rig = await scopeRig(backend);
    const { host, errors } = rig;
    const packet = host.packetSize;
    const part = new Uint8Array(packet);
    part.set([1, 9, 0xf6, 0, 0, 8, 0, 0, 1]);
    expect(await host.rawOut(part)).toBe(packet);
    expect(await host.control(1, 8, 2, 'out')).toEqual([0x81, 8]);
    expect(await host.control(1, 9, 2, 'out')).toEqual([1, 9]);
    expect(await host.control(2, 0, 8, 'out')).toEqual([1, 0, 0, 0, (packet - 12) & 0xff, (packet - 12) >> 8, 0, 0]);
    expect(await host.halted()).toBe(true);
    await host.clearHalts();
    expect(await host.control(1, 9, 2, 'out')).toEqual([0x80, 9]);
    expect(await host.query('*IDN?')).toBe('ACME,Scope,0042,1.0');
    expect(errors).toEqual([]);
  });

  it('halts after what is no message, and goes on after the halt is cleared', async () => {
    await using rig = await scopeRig(backend);
    const { host } = rig;
    for (const bad of [
      [1, 2, 3],
      [1, 0, 0xff, 0, 4, 0, 0, 0, 1, 0, 0, 0],
      [1, 5, 5, 0, 4, 0, 0, 0, 1, 0, 0, 0],
      [1, 5, 0xfa, 0, 0, 0, 0, 0, 1, 0, 0, 0],
      [1, 5, 0xfa, 0, 100, 0, 0, 0, 1, 0, 0, 0],
      [77, 5, 0xfa, 0, 4, 0, 0, 0, 1, 0, 0, 0],
      [127, 5, 0xfa, 0, 4, 0, 0, 0, 1, 0, 0, 0],
      [2, 5, 0xfa, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4],
    ]) {
      await host.rawOut(Uint8Array.from(bad));
      expect(await host.halted(), String(bad)).toBe(true);
      await host.clearHalts();
      expect(await host.query('*IDN?')).toBe('ACME,Scope,0042,1.0');
    }
  });

  it('requests service, and tells its status byte', async () => {
    await using rig = await scopeRig(backend);
    const { host } = rig;
    await host.write('*SRE 16;*ESE 32');
    await host.write('*IDN?');
    expect(await host.notification()).toEqual([0x81, 0x50]);
    expect(await host.control(128, 5, 3)).toEqual([1, 5, 0]);
    expect(await host.notification()).toEqual([0x85, 0x50]);
    expect(await host.control(128, 7, 3)).toEqual([1, 7, 0]);
    expect(await host.notification()).toEqual([0x87, 0x10]);
    expect(await host.control(128, 1, 3)).toEqual([0x80, 1, 0]);
    await host.read();
    await host.write('*SRE 32;FOO');
    expect(await host.notification()).toEqual([0x81, 0x64]);
    expect(await host.query('SYST:ERR?')).toBe('-113,"Undefined header;FOO"');
    expect(await host.query('*ESR?')).toBe(String(0x80 | 0x20));
  });

  it('goes on after a reset and after new configurations, with whatever was under way', async () => {
    await using rig = await scopeRig(backend, { bufferSize: 16384 });
    const { host, scope, device, errors } = rig;
    scope.query('WAVeform:DATA?', () => waveform(200_000));
    for (const end of [() => device.reset(), () => device.setConfiguration(1), () => device.setInterface(0, 0)]) {
      await host.write('WAV:DATA?');
      await host.request(1_000_000);
      await host.rawIn(new Uint8Array(4096));
      await end();
      await host.clearHalts();
      expect(await host.query('*IDN?')).toBe('ACME,Scope,0042,1.0');
    }
    expect(errors).toEqual([]);
  });
});

describe('an instrument', () => {
  it('tells its capabilities, pulses its indicator, is remote and local, and is triggered', async () => {
    await using rig = await scopeRig();
    const { host, scope } = rig;
    const capabilities = await host.control(7, 0, 0x18);
    expect(capabilities).toHaveLength(24);
    expect([capabilities[0], capabilities[4], capabilities[5], capabilities[14], capabilities[15]]).toEqual([
      ...[1, 4, 1, 7, 15],
    ]);
    const states: RemoteState[] = [];
    let pulses = 0;
    let triggers = 0;
    scope.onRemote((state) => states.push(state));
    scope.onIndicator(() => pulses++);
    scope.onTrigger(() => void triggers++);
    expect(await host.control(64, 0, 1)).toEqual([1]);
    expect(await host.control(162, 0, 1)).toEqual([0x80]);
    expect(await host.control(160, 1, 1)).toEqual([1]);
    expect(scope.remote.remote).toBe(false);
    await host.message(128, new Uint8Array(0));
    expect(await host.query('*TRG;*OPC?')).toBe('1');
    expect(await host.control(162, 0, 1)).toEqual([1]);
    expect(await host.control(161, 0, 1)).toEqual([1]);
    expect(await host.control(160, 0, 1)).toEqual([1]);
    expect([pulses, triggers]).toEqual([1, 2]);
    expect(states).toEqual([
      { remote: true, lockout: false },
      { remote: true, lockout: true },
      { remote: false, lockout: true },
      { remote: false, lockout: false },
    ]);
  });

  it('puts errors of handlers into the queue and reports them, and nothing ends', async () => {
    await using rig = await scopeRig('mock', { bufferSize: 4096 });
    const { host, scope, errors } = rig;
    scope.query('BAD?', () => {
      throw new Error('no probe');
    });
    scope.command('BAD', () => {
      throw new ScpiError(-222, 'too hot');
    });
    scope.query('BROKen:WAVeform?', () => ({
      length: 50_000,
      write(at) {
        if (at > 20_000) throw new Error('no memory');
      },
    }));
    expect(await host.query('BAD?;*OPC?;BAD 1')).toBe('1');
    await host.write('BROK:WAV?');
    await host.request(60_000);
    const short = await host.rawIn(new Uint8Array(70_000));
    expect(short).toBeLessThan(50_000);
    expect(await host.query('SYST:ERR?;ERR?;:SYST:ERR?')).toBe(
      '-300,"Device-specific error;no probe";-222,"Data out of range;too hot";-300,"Device-specific error;no memory"',
    );
    expect(errors.map((error) => (error as Error).message)).toEqual(['no probe', 'no memory']);
  });

  it('reports interrupted and unterminated queries, and messages that are too long', async () => {
    await using rig = await scopeRig('mock', { longestMessage: 100 });
    const { host } = rig;
    await host.write('*IDN?');
    expect(await host.query('SYST:ERR?')).toBe('-410,"Query INTERRUPTED"');
    await host.request(100);
    expect(await host.rawIn(new Uint8Array(512), 1_000_000)).toBe(-110);
    expect(await host.query('SYST:ERR?')).toBe('-420,"Query UNTERMINATED"');
    await host.write(`*IDN? ${'x'.repeat(300)}`);
    expect(await host.query('SYST:ERR?')).toBe('-363,"Input buffer overrun"');
  });

  it('answers a request that came before the response, and gives up what is cleared', async () => {
    await using rig = await scopeRig();
    const { host, scope } = rig;
    let answer: ((value: string) => void) | undefined;
    const signals: AbortSignal[] = [];
    scope.query('SLOW?', (_, { signal }) => {
      signals.push(signal);
      return new Promise<string>((resolve) => {
        answer = resolve;
      });
    });
    await host.write('SLOW?');
    await host.request(100);
    const fetched = host.fetch(100);
    await host.control(7, 0, 24);
    answer!('late');
    expect(new TextDecoder().decode((await fetched).data)).toBe('late\n');
    await host.write('SLOW?');
    while (signals.length < 2) await host.control(7, 0, 24);
    await host.clear();
    expect(signals[1]!.aborted).toBe(true);
    answer!('too late');
    expect(await host.query('*IDN?')).toBe('ACME,Scope,0042,1.0');
  });

  it('accepts the tag of the abort that usbtmc.c sends: one too many', async () => {
    await using rig = await scopeRig();
    const { host, scope } = rig;
    scope.query('NEVer?', () => new Promise<string>(() => {}));
    await host.write('NEV?');
    await host.request(100);
    expect(await host.control(3, host.tag + 2, 2, 'in')).toEqual([0x81, host.tag + 2]);
    expect(await host.control(3, host.tag + 1, 2, 'in')).toEqual([1, host.tag + 1]);
    expect(await host.rawIn(new Uint8Array(512))).toBe(0);
    expect(await host.control(4, 0, 8, 'in')).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    expect(await host.control(3, host.tag, 2, 'in')).toEqual([0x80, host.tag]);
    await host.clear();
    expect(await host.query('*IDN?')).toBe('ACME,Scope,0042,1.0');
  });

  it('gives bytes to a program that does not speak SCPI, and vendor-specific messages', async () => {
    await using rig = await scopeRig('mock', { scpi: false });
    const { host, scope } = rig;
    scope.onMessage((bytes) => (bytes[0] === 0 ? undefined : bytes.toReversed()));
    scope.onVendorMessage((bytes) => Uint8Array.of(bytes.length));
    await host.message(1, Uint8Array.of(0));
    await host.message(1, Uint8Array.of(1, 2, 3));
    expect([...(await host.read())]).toEqual([3, 2, 1]);
    await host.message(126, new Uint8Array(9));
    await host.request(100, 127);
    expect([...(await host.fetch(100, 127)).data]).toEqual([9]);
    expect((await host.control(7, 0, 24))[15]).toBe(7);
    expect(() => scope.query('A?', () => 1)).toThrow('this instrument has scpi: false: use onMessage.');
  });

  it('refuses wrong options and headers where they are written', async () => {
    await expect(scopeRig('mock', { identity: 'ACME' })).rejects.toThrow('has to be MAKER,MODEL,SERIAL,VERSION');
    await using rig = await scopeRig();
    expect(() => rig.scope.query('MEAS', () => 1)).toThrow('"MEAS" is no query: end it with ?, or use command.');
    expect(() => rig.scope.command('meas volt', () => {})).toThrow('"meas volt" is no SCPI header.');
    expect(() => rig.scope.onMessage(() => {})).toThrow('this instrument speaks SCPI');
  });
});
