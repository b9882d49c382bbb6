/** A file, directory, link or program of an initramfs. */
export type CpioEntry =
  | { readonly path: string; readonly kind: 'directory' }
  | { readonly path: string; readonly kind: 'link'; readonly target: string }
  | { readonly path: string; readonly kind: 'file'; readonly content: Buffer; readonly executable?: boolean };

const MODES = { directory: 0o040755, link: 0o120777, file: 0o100644, program: 0o100755 } as const;

const pad = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);

/** Packs entries as the kernel unpacks them: cpio in the "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst). */
export function packCpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.map((entry, index) => {
    const content =
      entry.kind === 'file' ? entry.content : entry.kind === 'link' ? Buffer.from(entry.target) : Buffer.alloc(0);
    const mode = entry.kind === 'file' && entry.executable ? MODES.program : MODES[entry.kind];
    return pack(entry.path, index + 1, mode, content);
  });
  return Buffer.concat([...parts, pack('TRAILER!!!', 0, 0, Buffer.alloc(0))]);
}

function pack(path: string, inode: number, mode: number, content: Buffer): Buffer {
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, links, time, size, device major and minor, special major and minor, name length, checksum
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([header, name, pad(header.length + name.length), content, pad(content.length)]);
}
