import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packCpio } from './cpio.ts';

/** Unpacks with a reader of the format that is not ours. */
function unpack(archive: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'cpio-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = `
import os, sys
data = sys.stdin.buffer.read(); at = 0
while True:
    assert data[at:at+6] == b'070701'
    f = [int(data[at+6+8*i:at+14+8*i], 16) for i in range(13)]
    name = data[at+110:at+110+f[11]-1].decode(); at = (at+110+f[11]+3)//4*4
    body = data[at:at+f[6]]; at = (at+f[6]+3)//4*4
    if name == 'TRAILER!!!': break
    kind = f[1] & 0o170000
    if kind == 0o040000: os.mkdir(name)
    elif kind == 0o120000: os.symlink(body, name)
    else:
        open(name, 'wb').write(body); os.chmod(name, f[1] & 0o777)
`;
  execFileSync('python3', ['-c', script], { cwd: folder, input: archive });
  return folder;
}

describe('an initramfs', () => {
  it('holds directories, links, files and programs', () => {
    const folder = unpack(
      packCpio([
        { path: 'bin', kind: 'directory' },
        { path: 'lib', kind: 'link', target: 'usr/lib' },
        { path: 'bin/tool', kind: 'file', content: Buffer.from('#!'), executable: true },
        { path: 'note', kind: 'file', content: Buffer.from('odd') },
        { path: 'empty', kind: 'file', content: Buffer.alloc(0) },
      ]),
    );
    expect(readlinkSync(join(folder, 'lib'))).toBe('usr/lib');
    expect(statSync(join(folder, 'bin/tool')).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, 'note')).mode & 0o777).toBe(0o644);
    expect(readFileSync(join(folder, 'note'), 'utf8')).toBe('odd');
    expect(statSync(join(folder, 'empty')).size).toBe(0);
  });
});
