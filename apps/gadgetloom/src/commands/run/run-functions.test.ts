import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gadgetloom } from '../../../test/captured-output.ts';
import { workFolder } from '../../../test/work-folder.ts';
import { main } from '../../index.ts';

const lamp = join(import.meta.dirname, '../../../test/functions/lamp.yaml');

describe('a gadget with functions', () => {
  it('runs until it is stopped, and shows what each function does', async () => {
    const lines: string[] = [];
    const line = (text: string): void => {
      lines.push(text);
      if (text === 'lamp  enabled by the host') process.emit('SIGINT', 'SIGINT');
    };
    const status = await main(['run', lamp, '--backend', 'mock'], { line, error: line, terminal: undefined });
    expect(status).toBe(130);
    expect(lines.filter((text) => !text.startsWith('port '))).toEqual([
      'lamp (Bench lamp) on mock (dummy_udc.0); Ctrl-C stops it',
      'lamp  lamp',
      'lamp  5 W',
      'lamp  off',
      'lamp  on',
      'lamp  enabled by the host',
      'stopped: the gadget is unplugged, and everything is closed',
    ]);
    expect(lines).toContain('port  endpoints only: no program serves them');
  });

  it.each([
    ['lamp: { use: ./lamp.mjs }', 'the module "./lamp.mjs" cannot be loaded: there is no '],
    ['lamp: { use: "@acme/none" }', 'the module "@acme/none" cannot be loaded'],
  ])('%s is told where it is written', async (text, message) => {
    const path = workFolder({ 'gadget.yaml': `vendorId: 1\nproductId: 2\nfunctions:\n  ${text}\n` });
    const { status, err } = await gadgetloom('run', path('gadget.yaml'), '--backend', 'mock');
    expect(status).toBe(1);
    expect(err).toContain(message);
    expect(err).toContain('gadget.yaml:4:');
  });

  it('is described with its functions loaded', async () => {
    const { out } = await gadgetloom('describe', lamp, '--speed', 'high');
    expect(out).toContain('port.data');
  });
});
