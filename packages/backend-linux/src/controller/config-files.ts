import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kernelFunction } from '@gadgetloom/udc/kernel-functions';
import { fileCall, fileCallAsync } from '../kernel/kernel-call.ts';

const ADVICE = {
  EACCES: 'Writing to configfs requires root, or ownership of its files. Run as root, or see `gadgetloom setup`.',
  EPERM: 'configfs does not allow this here.',
  EROFS: 'configfs is mounted read-only. Mount it writable; in a container, its host must do so.',
} as const;

/** The files of one gadget in configfs. Paths are relative to its directory, and errors are the kernel's. */
export class ConfigFiles {
  /** The gadget's directory. */
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  exists(path: string): boolean {
    return existsSync(join(this.root, path)) || this.isLink(path);
  }

  /** Inode of the gadget's directory, unique until the machine restarts; `undefined` if there is no directory. */
  get directory(): number | undefined {
    return statSync(this.root, { throwIfNoEntry: false })?.ino;
  }

  isLink(path: string): boolean {
    return lstatSync(join(this.root, path), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  }

  /** Lists the names in a directory; none if there is no such directory. */
  list(path: string): string[] {
    const directory = join(this.root, path);
    if (!existsSync(directory)) return [];
    return fileCall(`list ${path}`, () => readdirSync(directory)).sort();
  }

  /** Lists the directories and links in a directory. */
  children(path: string): string[] {
    return this.list(path).filter((name) => !lstatSync(join(this.root, path, name)).isFile());
  }

  mkdir(path: string): void {
    const name = path === '' ? this.root : path;
    fileCall(`mkdir ${name}`, () => mkdirSync(join(this.root, path)), {
      ...ADVICE,
      ENOENT: `The kernel has no function of this type. Load its module${moduleOf(path)}, or build the kernel with it.`,
      EBUSY: 'The name is in use by another gadget or by g_ffs. Choose another name.',
    });
  }

  rmdir(path: string): void {
    fileCall(`rmdir ${path === '' ? this.root : path}`, () => rmdirSync(join(this.root, path)), ADVICE);
  }

  read(path: string): string {
    return fileCall(`read ${path}`, () => readFileSync(join(this.root, path), 'utf8'), ADVICE);
  }

  /** Reads an attribute that may be binary. */
  readBytes(path: string): Uint8Array {
    return fileCall(`read ${path}`, () => readFileSync(join(this.root, path)), ADVICE);
  }

  write(path: string, value: string | Uint8Array): void {
    fileCall(`write ${path}`, () => this.store(path, value), {
      ...ADVICE,
      ENOENT: 'This kernel has no such attribute: it is too old, or was built without it.',
      EINVAL: `${shown(value)} is not accepted.`,
      ERANGE: `${shown(value)} is out of range.`,
      EBUSY: 'The gadget is bound, or something in it uses this. Unbind it first.',
    });
  }

  /** Writes once. fs.writeFile would never end if an attribute takes fewer bytes than it is given. */
  protected store(path: string, value: string | Uint8Array): void {
    const file = openSync(join(this.root, path), constants.O_WRONLY | constants.O_TRUNC);
    try {
      if (typeof value === 'string') writeSync(file, value);
      else writeSync(file, value);
    } finally {
      closeSync(file);
    }
  }

  /** Writes without blocking the event loop, because binding and unbinding take time. */
  async writeSlowly(
    path: string,
    value: string,
    operation: string,
    advice: Readonly<Record<string, string>>,
  ): Promise<void> {
    await fileCallAsync(operation, () => writeFile(join(this.root, path), value), { ...ADVICE, ...advice });
  }

  link(path: string, target: string): void {
    fileCall(`link ${path}`, () => symlinkSync(join(this.root, target), join(this.root, path)), ADVICE);
  }

  unlink(path: string): void {
    fileCall(`unlink ${path}`, () => unlinkSync(join(this.root, path)), ADVICE);
  }
}

/** Returns ` (usb_f_acm)` for a function's directory, and the empty text for others. */
function moduleOf(path: string): string {
  const [, type = ''] = /^functions\/([^./]+)\.[^/]*$/.exec(path) ?? [];
  const module = type === 'ffs' ? 'usb_f_fs' : kernelFunction(type)?.module;
  return module === undefined ? '' : ` (${module})`;
}

function shown(value: string | Uint8Array): string {
  return typeof value === 'string' ? JSON.stringify(value.trimEnd()) : `What was written (${value.length} bytes)`;
}
