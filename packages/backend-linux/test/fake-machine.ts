import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigFiles } from '../src/index.ts';
import type { LinuxPaths } from '../src/kernel/paths.ts';

/** Directories that configfs makes inside those that are made. */
const GROUPS: readonly (readonly [path: RegExp, groups: readonly string[]])[] = [
  [/^$/, ['functions', 'configs', 'strings', 'os_desc', 'webusb']],
  [/^configs\/[^/]+$/, ['strings']],
  [/^functions\/mass_storage\.[^/]+$/, ['lun.0']],
  [/^functions\/uvc\.[^/]+$/, ['streaming']],
  [/^functions\/uvc\.[^/]+\/streaming$/, ['header', 'mjpeg', 'class']],
  [/^functions\/uvc\.[^/]+\/streaming\/class$/, ['fs']],
];

/** A gadget's directory in a temporary folder that behaves as one in configfs: attributes come and go with directories. */
export class FakeConfigFiles extends ConfigFiles {
  override mkdir(path: string): void {
    super.mkdir(path);
    for (const [pattern, groups] of GROUPS)
      if (pattern.test(path)) for (const group of groups) this.mkdir(join(path, group));
    if (path === '') this.write('UDC', '\n');
  }

  override rmdir(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  /** Attributes are there when they are written. */
  protected override store(path: string, value: string | Uint8Array): void {
    const busy = this.busy(path);
    if (busy) throw Object.assign(new Error('busy'), { errno: -16, code: 'EBUSY' });
    writeFileSync(join(this.root, path), value);
  }

  /** Whether an attribute cannot be written now; as in the kernel, where the function is linked. */
  protected busy(path: string): boolean {
    const [, name] = /^functions\/([^/]+)\/(?!lun\.)/.exec(path) ?? [];
    if (name === undefined) return /\/lun\.\d+\/ro$/.test(path) && this.#opened(join(path, '../file'));
    return this.children('configs').some((label) => this.isLink(`configs/${label}/${name}`));
  }

  #opened(path: string): boolean {
    return this.exists(path) && super.read(path).trim() !== '';
  }

  /** Numbers read back as the kernel formats them. */
  override read(path: string): string {
    const text = super.read(path);
    return /^0x[\da-f]+$/.test(text) ? `0x${text.slice(2).padStart(4, '0')}\n` : text;
  }
}

/** A machine's file systems in a temporary folder. */
export class FakeMachine implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'gadgetloom-linux-'));
  readonly paths: LinuxPaths = {
    sys: join(this.root, 'sys'),
    proc: join(this.root, 'proc'),
    dev: join(this.root, 'dev'),
    configfs: join(this.root, 'config'),
    run: [join(this.root, 'run')],
    modules: join(this.root, 'modules'),
    setup: join(this.root, 'setup'),
  };

  write(path: string, content = ''): string {
    const file = join(this.root, path);
    if (!existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  controller(name: string, driver: string, attributes: Readonly<Record<string, string>> = {}): void {
    const all = { uevent: `USB_UDC_NAME=${driver}\n`, state: 'not attached\n', function: '\n', ...attributes };
    for (const [attribute, value] of Object.entries(all)) this.write(`sys/class/udc/${name}/${attribute}`, value);
  }

  configFiles(gadget: string): FakeConfigFiles {
    mkdirSync(join(this.paths.configfs, 'usb_gadget'), { recursive: true });
    return new FakeConfigFiles(join(this.paths.configfs, 'usb_gadget', gadget));
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}
