import { describe, expect, it } from 'vitest';
import { attributeMisfit, attributeText, showsSame } from './attribute-text.ts';
import { kernelFunctionEntry } from './entry.ts';
import type { AttributeRule, DirectoryRule, KernelFunctionRule } from './rules.ts';
import { KERNEL_FUNCTIONS } from './table.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function rule(type: string, path: string): AttributeRule {
  const entry = kernelFunctionEntry(type, path);
  if (entry?.kind !== 'attribute') throw new Error(`${type} has no ${path}`);
  return entry.rule;
}

describe('what the kernel shows is what was written', () => {
  it.each<[string, string, string, string]>([
    ['acm', 'protocol', '1', '1\n'],
    ['rndis', 'class', 'e0', 'e0\n'],
    ['rndis', 'class', '10', '10\n'],
    ['uvc', 'streaming/mjpeg/m/bmaControls', '0x04', '0x4\n'],
    ['Loopback', 'qlen', '4294967295', '-1\n'],
    ['mass_storage', 'stall', '0', '0'],
    ['mass_storage', 'lun.1/inquiry_string', 'Disk', 'Disk                        \n'],
    ['ncm', 'dev_addr', '02:AB:00:00:00:01', '02:ab:00:00:00:01\n'],
    ['ncm', 'ifname', 'usb%d', 'usb0\n'],
    ['ncm', 'ifname', 'usb%d', 'usb%d\n'],
    ['uac2', 'p_srate', '44100,48000', '44100,48000\n'],
    ['uac2', 'function_name', 'Sound', 'Sound'],
    ['ncm', 'os_desc/interface.ncm/compatible_id', 'WINNCM', 'WINNCM\0\0'],
    ['ncm', 'host_addr', '02:00:00:00:00:01', '02:00:00:00:00:01\0\n'],
    ['uvc', 'control/processing/default/bmControls', '5', '5\n0\n'],
    ['uvc', 'streaming/mjpeg/m/f/dwFrameInterval', '666666\n333333', '333333\n666666\n'],
  ])('%s %s: %j shows as %j', (type, path, written, shown) => {
    expect(showsSame(rule(type, path), bytes(shown), written)).toBe(true);
  });

  it.each<[string, string, string, string]>([
    ['acm', 'protocol', '1', '0\n'],
    ['rndis', 'class', '10', '16\n'],
    ['midi', 'index', '-1', '\n'],
    ['ncm', 'ifname', 'usb%d', 'eth0\n'],
    ['uac2', 'p_srate', '44100', '44100,48000\n'],
    ['uac2', 'p_srate', '48000,44100', '44100,48000\n'],
    ['uvc', 'control/processing/default/bmControls', '5', '5\n1\n'],
  ])('or not: %s %s: %j and %j', (type, path, written, shown) => {
    expect(showsSame(rule(type, path), bytes(shown), written)).toBe(false);
  });

  it('byte for byte, where it is bytes', () => {
    const report = rule('hid', 'report_desc');
    expect(showsSame(report, Uint8Array.of(5, 1), Uint8Array.of(5, 1))).toBe(true);
    expect(showsSame(report, Uint8Array.of(5, 1, 10), Uint8Array.of(5, 1))).toBe(false);
  });

  it('also where nothing is known of the attribute', () => {
    expect(showsSame(undefined, bytes('0x0010\n'), '16')).toBe(true);
    expect(showsSame(undefined, bytes('a\n'), 'b')).toBe(false);
  });
});

describe('the table', () => {
  const functions: [string, KernelFunctionRule][] = Object.entries(KERNEL_FUNCTIONS);
  const attributes = functions.flatMap(([type, one]) =>
    attributesOf(one).map(([path, each]): [string, string, AttributeRule] => [type, path, each]),
  );

  it('finds every attribute by its path', () => {
    for (const [type, path, each] of attributes) expect(rule(type, path)).toBe(each);
    expect(attributes.length).toBeGreaterThan(150);
  });

  it.each([
    ['acm', 'consol'],
    ['acm', 'console/x'],
    ['mass_storage', 'lun.16'],
    ['mass_storage', 'lun.01'],
    ['mass_storage', 'toString'],
    ['toString', 'x'],
  ])('has nothing else: %s %s', (type, path) => {
    expect(kernelFunctionEntry(type, path)).toBeUndefined();
  });

  it('tells directories that are there by themselves from those that are made', () => {
    expect(kernelFunctionEntry('mass_storage', 'lun.0')).toMatchObject({ kind: 'directory', made: true });
    expect(kernelFunctionEntry('mass_storage', 'lun.1')).toMatchObject({ kind: 'directory', made: false });
    expect(kernelFunctionEntry('uvc', 'streaming/mjpeg')).toMatchObject({ made: true });
    expect(kernelFunctionEntry('uvc', 'streaming/mjpeg/m/frame')).toMatchObject({ made: false });
    expect(kernelFunctionEntry('midi2', 'ep.0/block.0')).toMatchObject({ made: true });
    expect(kernelFunctionEntry('midi2', 'ep.1/block.0')).toMatchObject({ made: false });
  });

  it('accepts the ends of each range, and nothing beyond', () => {
    for (const [, , each] of attributes) {
      if (each.kind !== 'number') continue;
      expect(attributeMisfit(each, each.from)).toBeUndefined();
      expect(attributeMisfit(each, each.to)).toBeUndefined();
      expect(attributeMisfit(each, each.to + 1)).toMatch(/^a whole number from/);
      expect(attributeMisfit(each, each.from - 1)).toMatch(/^a whole number from/);
      const text = attributeText(each, each.to);
      expect(showsSame(each, bytes(`${text}\n`), text)).toBe(true);
    }
  });
});

/** Paths of all attributes below a directory; named directories are called `x`. */
function attributesOf(directory: DirectoryRule, prefix = ''): [string, AttributeRule][] {
  const { attributes = {}, directories = {}, lists = {}, named } = directory;
  return [
    ...Object.entries(attributes).map(([name, each]): [string, AttributeRule] => [`${prefix}${name}`, each]),
    ...Object.entries(directories).flatMap(([name, of]) => attributesOf(of, `${prefix}${name}/`)),
    ...Object.values(lists).flatMap((list) => attributesOf(list.of, `${prefix}${list.directory}.0/`)),
    ...(named === undefined ? [] : attributesOf(named, `${prefix}x/`)),
  ];
}
