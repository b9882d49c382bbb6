import { describe, expect, it } from 'vitest';
import { ScpiInterpreter } from './interpreter.ts';
import { bytesOf, parseParameter, type ScpiValue, textOf } from './parameters.ts';

function interpreter() {
  const requests: number[] = [];
  const errors: unknown[] = [];
  const seen: unknown[] = [];
  const scpi = new ScpiInterpreter({
    identity: 'A,B,C,D',
    errorQueue: 3,
    messageAvailable: () => false,
    requestService: (byte) => requests.push(byte),
    report: (error) => errors.push(error),
  });
  const record =
    (name: string) =>
    (args: readonly ScpiValue[], { suffixes }: { suffixes: readonly number[] }) => {
      seen.push([name, ...args, suffixes]);
      return name;
    };
  for (const header of [
    'MEASure[:SCALar]:VOLTage[:DC]?',
    'MEASure:CURRent?',
    'OUTPut#[:STATe]',
    '[SOURce#]:FREQuency?',
  ])
    scpi.add(header, record(header.replaceAll(/[^A-Z]/g, '')));
  const ask = async (text: string) => {
    const parts = await scpi.execute(bytesOf(text), new AbortController().signal);
    return parts.map((part) => textOf(part as Uint8Array)).join('');
  };
  return { scpi, ask, requests, errors, seen };
}

describe('headers', () => {
  it.each([
    ['MEAS:VOLT?', 'MEASSCALVOLTDC\n'],
    ['measure:scalar:voltage:dc?', 'MEASSCALVOLTDC\n'],
    [':MEAS:SCAL:VOLT?', 'MEASSCALVOLTDC\n'],
    ['MEAS:VOLT?;CURR?', 'MEASSCALVOLTDC;MEASCURR\n'],
    ['MEAS:VOLT?;:MEAS:CURR?', 'MEASSCALVOLTDC;MEASCURR\n'],
    ['MEAS:VOLT?;*OPC?;CURR?', 'MEASSCALVOLTDC;1;MEASCURR\n'],
    ['FREQ?;:SOUR2:FREQ?', 'SOURFREQ;SOURFREQ\n'],
    ['*IDN?\nMEAS:CURR?\n', 'A,B,C,D;MEASCURR\n'],
    ['  ; ;*IDN? ;', 'A,B,C,D\n'],
    ['*RST', ''],
  ])('%s', async (message, answer) => {
    const { ask, scpi } = interpreter();
    expect(await ask(message)).toBe(answer);
    expect(scpi.errors.length).toBe(0);
  });

  it.each([
    ['MEA:VOLT?', -113],
    ['MEAS:VOLTA?', -113],
    ['MEAS:VOLT', -113],
    ['MEAS:VOLT?;MEAS:CURR?', -113],
    ['OUTP2:STAT?', -113],
    ['MEAS2:VOLT?', -113],
    ['1MEAS?', -102],
    ['MEAS::VOLT?', -102],
    ['OUTP ,1', -109],
    ['OUTP 1 V 2', -131],
    ['OUTP 1 furlong', -131],
    ['OUTP "a', -151],
    ['OUTP #15abc', -161],
    ['*ESE', -109],
    ['*ESE ON', -104],
    ['*ESE 256', -222],
    ['*ESE 1,2', -108],
  ])('%s is error %d', async (message, code) => {
    const { ask, scpi } = interpreter();
    await ask(message);
    expect(scpi.errors.shift().code).toBe(code);
  });

  it('has numeric suffixes', async () => {
    const { ask, seen } = interpreter();
    await ask('OUTP 1;:OUTPUT12:STATE 0;:SOUR3:FREQ?');
    expect(seen).toEqual([
      ['OUTPSTAT', 1, [1]],
      ['OUTPSTAT', 0, [12]],
      ['SOURFREQ', [3]],
    ]);
  });
});

describe('parameters', () => {
  it.each<[string, ScpiValue]>([
    ['1', 1],
    ['-1.5e3', -1500],
    ['.5', 0.5],
    ['10 mV', 0.01],
    ['2 MHZ', 2e6],
    ['3 MAHZ', 3e6],
    ['5us', 5e-6],
    ['#HFF', 255],
    ['#b101', 5],
    ['#Q17', 15],
    ['MAX', 'MAX'],
    ['"it ""is"""', 'it "is"'],
    ["'a;b,c'", 'a;b,c'],
    ['(@1:3)', '(@1:3)'],
  ])('%s', (text, value) => {
    expect(parseParameter(text)).toEqual(typeof value === 'number' ? expect.closeTo(value, 12) : value);
  });

  it('are separated outside of strings, blocks and expressions', async () => {
    const { ask, seen } = interpreter();
    await ask('OUTP "a;,b",(@1,2),#14;,\n!,MIN;:OUTP #0rest;,\n');
    expect(seen).toEqual([
      ['OUTPSTAT', 'a;,b', '(@1,2)', bytesOf(';,\n!'), 'MIN', [1]],
      ['OUTPSTAT', bytesOf('rest;,'), [1]],
    ]);
  });
});

describe('status', () => {
  it('has an error queue that overflows into -350', async () => {
    const { ask } = interpreter();
    await ask('A;B;C;D;E');
    expect(await ask('SYST:ERR:COUN?')).toBe('3\n');
    expect(await ask('SYST:ERR?;:SYST:ERR?;:SYST:ERR?;:SYST:ERR?')).toBe(
      '-113,"Undefined header;A";-113,"Undefined header;B";-350,"Queue overflow";0,"No error"\n',
    );
  });

  it('requests service for each new reason, and once', async () => {
    const { ask, scpi, requests } = interpreter();
    await ask('*CLS;*ESE 32;*SRE 32');
    await ask('A;B');
    expect(requests).toEqual([0x64]);
    expect([scpi.status.poll(), scpi.status.poll(), scpi.status.byte]).toEqual([0x64, 0x24, 0x64]);
    expect(await ask('*ESR?;*STB?;*CLS;*STB?')).toBe('32;4;0\n');
    await ask('A');
    expect(requests).toEqual([0x64, 0x64]);
    expect(scpi.status.poll()).toBe(0x64);
  });

  it('has operation and questionable registers', async () => {
    const { ask, scpi, requests } = interpreter();
    await ask('STAT:OPER:ENAB 16;:STAT:QUES:ENAB 1;:*SRE 128');
    scpi.status.operation.condition = 16;
    scpi.status.questionable.condition = 1;
    expect(requests).toEqual([]);
    expect(await ask('*SRE 128;:STAT:OPER:COND?;ENAB?;:*STB?')).toBe('16;16\n');
    expect(requests).toEqual([0xcc]);
    expect(await ask('STAT:OPER?;QUES?;:STAT:PRES;:STAT:OPER:ENAB?')).toBe('16;1;0\n');
  });
});
