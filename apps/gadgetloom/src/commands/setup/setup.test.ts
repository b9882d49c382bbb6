import { afterEach, describe, expect, it, vi } from 'vitest';
import { gadgetloom } from '../../../test/captured-output.ts';
import { workFolder } from '../../../test/work-folder.ts';

afterEach(() => vi.restoreAllMocks());

// The suite `setup` of the kernel lab tests what the commands do.
describe.each([
  ['setup', ['--user', 'root']],
  ['clean', []],
  ['clean', ['--setup']],
])('gadgetloom %s', (command, args) => {
  it('says that it takes root', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    const { status, err } = await gadgetloom(command, ...args);
    expect([status, err]).toEqual([1, expect.stringMatching(`takes root: .*\`sudo gadgetloom ${command}\``)]);
  });
});

describe('gadgetloom clean --dry-run', () => {
  const root = process.getuid?.() === 0;
  const nobody = 65534;
  afterEach(() => {
    if (root) process.seteuid?.(0);
  });

  it('takes no root, and says what only root sees', async () => {
    if (root) {
      process.seteuid?.(nobody);
      vi.spyOn(process, 'getuid').mockReturnValue(nobody);
    }
    const { status, out, err } = await gadgetloom('clean', '--dry-run', '--setup');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toContain('Only root sees what programs of other users left behind.');
  });
});

describe('gadgetloom setup', () => {
  it('wants to know for whom', async () => {
    expect(await gadgetloom('setup')).toMatchObject({ status: 2, err: expect.stringMatching(/--user <name>/) });
  });

  it('knows the users of the machine', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(0);
    const { status, err } = await gadgetloom('setup', '--user', 'nobody-of-that-name');
    expect([status, err]).toEqual([1, expect.stringMatching(/--user is "nobody-of-that-name"; there is no such user/)]);
  });

  it('checks the gadget before anything is done', async () => {
    const path = workFolder({
      'disk.yaml':
        'vendorId: 1\nproductId: 2\nfunctions:\n  disk: { kernel: mass_storage, attributes: { stal: true } }\n',
    });
    const { status, err } = await gadgetloom('setup', '--user', 'root', path('disk.yaml'));
    expect([status, err]).toEqual([1, expect.stringMatching(/disk\.yaml:4:47 .*Did you mean "stall"/)]);
  });
});

describe('gadgetloom run with a function of the kernel that no board simulates', () => {
  it('says that only real Linux has it', async () => {
    const path = workFolder({ 'network.yaml': 'vendorId: 1\nproductId: 2\nfunctions: { net: { kernel: ncm } }\n' });
    const { status, err } = await gadgetloom('run', path('network.yaml'), '--backend', 'mock');
    expect([status, err]).toEqual([
      1,
      expect.stringMatching(/"ncm", which backend "mock" does not simulate; .*real Linux/),
    ]);
  });
});

describe('gadgetloom backends NAME', () => {
  it('shows everything that was looked at, with reason and advice', async () => {
    const { status, out } = await gadgetloom('backends', 'linux');
    expect(status).toBe(0);
    for (const name of ['controller', 'scatter-gather', 'module libcomposite', 'configfs', 'heaps', 'udmabuf'])
      expect(out).toMatch(new RegExp(`^  (ok|missing|without|unknown) +${name} +\\S`, 'm'));
    const { out: json } = await gadgetloom('backends', '--verbose', '--json');
    const [linux] = (JSON.parse(json) as { name: string }[]).filter(({ name }) => name === 'linux');
    expect(linux).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ name: 'configfs', required: true })]),
    });
  });

  it('knows no others', async () => {
    expect(await gadgetloom('backends', 'linx')).toMatchObject({ status: 2, err: expect.stringMatching(/"linux"\?/) });
  });
});
