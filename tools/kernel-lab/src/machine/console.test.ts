import { describe, expect, it } from 'vitest';
import { Console } from './console.ts';

function read(...chunks: string[]) {
  const printed: string[] = [];
  const console = new Console((line) => printed.push(line));
  for (const chunk of chunks) console.write(chunk);
  return { console, printed };
}

describe('the console of a guest', () => {
  it('passes on what the command printed, and its status', () => {
    const { console, printed } = read(
      'booting\nlab: guest',
      ' is up\r\none\r\ntwo\nlab: command ended with status 3\npoweroff\n',
    );
    expect(printed).toEqual(['one', 'two']);
    expect(console).toMatchObject({ status: 3, faults: [] });
  });

  it.each([
    '[    1.0] Kernel panic - not syncing: Fatal exception',
    '[    1.0] Oops: 0000 [#1] PREEMPT SMP NOPTI',
    '[    1.0] BUG: KASAN: slab-use-after-free in __lock_acquire',
    '[    1.0] WARNING: CPU: 0 PID: 1 at drivers/usb/gadget/function/f_fs.c:1',
    '[    1.0] INFO: task node:77 blocked for more than 120 seconds.',
    'lab: cannot load udc-core.ko',
  ])('keeps a complaint with what follows it: %s', (line) => {
    const { console, printed } = read(`lab: guest is up\n${line}\nCall Trace:\nffs_epfile_ioctl\n`);
    expect(console.faults).toEqual([line, 'Call Trace:', 'ffs_epfile_ioctl']);
    expect(printed).toContain('Call Trace:');
    expect(console.status).toBeUndefined();
  });
});
