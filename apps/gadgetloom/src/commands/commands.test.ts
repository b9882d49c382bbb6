import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gadgetloom } from '../../test/captured-output.ts';
import { workFolder } from '../../test/work-folder.ts';
import { main, type Output } from '../index.ts';
import { fold } from '../terminal/fold.ts';

const conformance = dirname(createRequire(import.meta.url).resolve('@gadgetloom/conformance/package.json'));
const recordings = readdirSync(join(conformance, 'scenarios'))
  .filter((name) => name.endsWith('.txt'))
  .map((name) => join(conformance, 'scenarios', name));
const [withoutComments] = recordings.filter((path) => path.endsWith('functionfs-dmabuf.txt'));

describe('gadgetloom backends', () => {
  it('says of each whether it can run here', async () => {
    expect(await gadgetloom('backends')).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^dwc3 +usable +simulated/),
    });
    const { out } = await gadgetloom('backends', '--json');
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({ name: 'dwc3', ok: true }),
      expect.objectContaining({ name: 'mock', ok: true }),
      expect.objectContaining({ name: 'musb', ok: true, summary: expect.stringContaining('copies') }),
      expect.objectContaining({ name: 'linux' }),
    ]);
  });

  it('looks for the controller that it is asked for', async () => {
    const { status, out } = await gadgetloom('backends', 'linux', '--controller', 'no-such.usb');
    expect([status, out]).toEqual([0, expect.stringMatching(/^linux +not usable +(no|there is no) controller/)]);
  });
});

describe('gadgetloom describe', () => {
  it('prints the descriptors at every speed', async () => {
    const { status, out } = await gadgetloom('describe');
    expect(status).toBe(0);
    expect(out).toMatch(
      /Full speed[\s\S]*64 bytes {3,}stream\.samples[\s\S]*High speed[\s\S]*512 bytes[\s\S]*Super speed[\s\S]*1024 bytes/,
    );
  });

  it('fits into 80 columns, and leaves JSON whole', async () => {
    const printed: string[] = [];
    const line: Output['line'] = (text, hang) => printed.push(hang === undefined ? text : fold(text, 80, hang));
    await main(['describe'], { line, error: line, terminal: undefined, columns: 80 });
    for (const one of printed.join('\n').split('\n')) expect(one.length).toBeLessThanOrEqual(80);
    expect(printed.join('\n')).toMatch(/\n {4}SuperSpeed: .* leaves U1\n {6}in 1 us/);
    printed.length = 0;
    await main(['describe', '--json'], { line, error: line, terminal: undefined, columns: 10 });
    expect(JSON.parse(printed.join('\n'))).toHaveProperty('speeds');
  });

  it('can be asked for one speed, and for data', async () => {
    const { out } = await gadgetloom('describe', '--speed', 'super', '--json');
    const { speeds } = JSON.parse(out);
    expect(speeds).toHaveLength(1);
    expect(speeds[0].bytes[0]).toMatch(/^12 01 20 03 /);
  });

  it('says that numbers differ by controller, or shows those of a backend', async () => {
    const { out } = await gadgetloom('describe');
    expect(out).toMatch(
      /0x02 OUT[\s\S]*\n\nEndpoint numbers and capabilities may differ by controller: .* --backend NAME/,
    );
    const dwc3 = await gadgetloom('describe', '--backend', 'dwc3:speed=high,name=usb.0');
    expect(dwc3.out).toMatch(/0x01 OUT[\s\S]*are those of the controller usb\.0 of the backend dwc3\.$/);
    expect(dwc3.out).not.toContain('Super speed');
    const { out: json } = await gadgetloom('describe', '--backend', 'musb', '--json');
    expect(JSON.parse(json)).toMatchObject({ controller: expect.any(String), speeds: [{ speed: 'full' }, {}] });
  }, 20_000);

  it('refuses backends that there are not', async () => {
    expect(await gadgetloom('describe', '--backend', 'dwc4')).toMatchObject({
      status: 2,
      err: expect.stringContaining('--backend is "dwc4"; allowed is'),
    });
  });
});

describe('gadgetloom describe, asked for a speed that the gadget does not have,', () => {
  it('says so', async () => {
    const endpoints = '{ data: { endpoints: { up: { type: bulk, direction: in } } } }';
    const path = workFolder({ g: `vendorId: 1\nproductId: 2\nmaxSpeed: high\nfunctions: ${endpoints}\n` });
    expect(await gadgetloom('describe', path('g'), '--speed', 'super')).toMatchObject({
      ...{ status: 1, out: '' },
      err: 'The gadget has no descriptors at super speed: it runs at full, high; see its maxSpeed.',
    });
  });
});

describe('gadgetloom play', () => {
  it.each(recordings)('answers every recorded step as the kernel did: %s', async (file) => {
    const { status, out } = await gadgetloom('play', file, '--backend', 'mock', '--check');
    expect([status, out]).toEqual([0, expect.stringMatching(/as the file says$/)]);
  });

  it('prints what it played in the format of the recordings, byte for byte', async () => {
    const { out } = await gadgetloom('play', withoutComments!, '--backend', 'mock');
    expect(`${out}\n`).toBe(readFileSync(withoutComments!, 'utf8').replace(/\n+$/, '\n'));
  });

  it('goes on with the next scenario after one that never came back', async () => {
    const path = workFolder({ 's.txt': 'scenario stuck\n  bind\n  epread ep2 4\nscenario next\n  bind\n' });
    const { status, out } = await gadgetloom('play', path('s.txt'));
    expect([status, out]).toEqual([
      0,
      expect.stringMatching(/epread ep2 4 +=> HUNG\n\nscenario next\n {2}bind +=> 0$/),
    ]);
  });

  it('shows where an outcome differs, and fails', async () => {
    const path = workFolder({ 's.txt': 'scenario wrong\n  bind => 0\n  alloc b0 1 => size=1\n' });
    expect(await gadgetloom('play', path('s.txt'), '--check')).toMatchObject({
      status: 1,
      out: expect.stringContaining(
        '-  alloc b0 1                               => size=1\n+  alloc b0 1                               => size=4096',
      ),
    });
  });

  it('does not call a file right that has nothing to compare', async () => {
    const path = workFolder({ none: 'scenario a\n  bind\n', half: 'scenario a\n  bind\n  state => configured\n' });
    expect(await gadgetloom('play', path('none'), '--check')).toMatchObject({
      status: 1,
      err: expect.stringContaining('no outcomes to compare with'),
    });
    expect(await gadgetloom('play', path('half'), '--check')).toMatchObject({
      status: 0,
      out: '1 scenario, 2 steps (1 without an outcome to compare): as the file says',
    });
  });

  it('plays against the host of a plugin, beside a backend or plugins', async () => {
    const token = "Symbol.for('@gadgetloom/conformance:ScenarioHost')";
    const host = '{ configured: async () => {}, control: async () => 7 }';
    const path = workFolder({
      's.txt': 'scenario elsewhere\n  bind\n  hostctrl 0xc1 0x51 0 0 8\n',
      'host.mjs': `export default {
        name: 'elsewhere', provides: [${token}], probe: () => ({ ok: true }),
        register: (container) => container.register(${token}, { useFactory: () => (${host}) }),
      };`,
    });
    const played = { status: 0, out: expect.stringMatching(/bind +=> 0\n {2}hostctrl .* => 7$/) };
    const plugin = ['--plugin', path('host.mjs')];
    expect(await gadgetloom('play', path('s.txt'), '--backend', 'dwc3', ...plugin)).toMatchObject(played);
    expect(await gadgetloom('play', path('s.txt'), ...plugin, '@gadgetloom/backend-mock#mock')).toMatchObject(played);
  });

  it('refuses a folder, and a file that never ends', async () => {
    const path = workFolder({ 'folder/s': '' });
    expect(await gadgetloom('play', path('folder'))).toMatchObject({
      ...{ status: 1, out: '' },
      err: `The scenario file "${path('folder')}" cannot be read (EISDIR: is a directory).`,
    });
    expect(await gadgetloom('play', '/dev/zero')).toMatchObject({
      ...{ status: 1, out: '' },
      err: expect.stringMatching(
        /^The scenario file "\/dev\/zero" has more than 64 MiB; allowed are 64 MiB\. Give a file/,
      ),
    });
  });

  it('prints a scenario without steps, and nothing of one that cannot be played', async () => {
    const path = workFolder({ s: 'scenario a\nscenario b\n  bind\n' });
    const played = await gadgetloom('play', path('s'));
    expect([played.status, played.out]).toEqual([
      0,
      expect.stringMatching(/^scenario a\n\nscenario b\n {2}bind +=> 0$/),
    ]);
    expect(await gadgetloom('play', path('s'), '--backend', 'mok')).toMatchObject({
      ...{ status: 2, out: '' },
      err: expect.stringMatching(/^--backend is "mok"; allowed is "dwc3"/),
    });
  });

  it.each([
    ['a file that is not there', '/no', /cannot be read \(ENOENT: no such file or directory\)/],
    ['a file without scenarios', 'empty', /holds no scenario/],
    ['an operation that does not exist', 'typo', /typo:2:3 {2}there is no operation "atach"/],
  ])('refuses %s', async (_, name, message) => {
    const path = workFolder({ empty: '', typo: 'scenario a\n  atach ep1 b0\n' });
    const { status, err } = await gadgetloom('play', name.startsWith('/') ? name : path(name));
    expect([status, err]).toEqual([1, expect.stringMatching(message)]);
  });
});

describe('the command line', () => {
  it('explains itself', async () => {
    const { status, out } = await gadgetloom('--help');
    expect(status).toBe(0);
    for (const command of ['run', 'backends', 'describe', 'play']) expect(out).toContain(`  ${command} `);
    expect((await gadgetloom('run', '--help')).out).toContain('--buffer-size <size>');
  });

  it('tells its version', async () => {
    expect(await gadgetloom('--version')).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  it('ends with status 2 for a command that does not exist', async () => {
    expect(await gadgetloom('rnu')).toMatchObject({ status: 2, err: expect.stringMatching(/unknown command 'rnu'/) });
  });
});
