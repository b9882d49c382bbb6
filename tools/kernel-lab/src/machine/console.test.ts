import { describe, expect, it } from 'vitest';
import { Console } from './console.ts';

function read(...chunks: string[]) {
  const printed: string[] = [];
  const said: string[] = [];
  const console = new Console({ print: (line) => printed.push(line), printKernel: (line) => said.push(line) });
  for (const chunk of chunks) console.write(chunk);
  return { console, printed, said };
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
    'Kernel panic - not syncing: Fatal exception',
    'Oops: 0000 [#1] PREEMPT SMP NOPTI',
    'BUG: KASAN: slab-use-after-free in __lock_acquire+0x1e/0x2000',
    'BUG kmalloc-64 (Not tainted): Poison overwritten',
    'kernel BUG at drivers/usb/gadget/udc/core.c:1!',
    'WARNING: CPU: 0 PID: 1 at drivers/usb/gadget/function/f_fs.c:1',
    'WARNING: possible circular locking dependency detected',
    'INFO: trying to register non-static key.',
    'INFO: task node:77 blocked for more than 120 seconds.',
    'rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:',
    'rcu: INFO: rcu_preempt self-detected stall on CPU',
    'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [node:77]',
    'node[77]: segfault at 0 ip 0000000000000000 sp 00007ffe error 14',
  ])('keeps a complaint of the kernel with what follows it: %s', (complaint) => {
    const lines = [complaint, 'Call Trace:', ' ffs_epfile_ioctl+0x100/0x200'].map((line) => `[   12.345678] ${line}`);
    const { console, printed, said } = read(
      `lab: guest is up\n${lines[0]}\nfrom a program\n${lines[1]}\n${lines[2]}\n`,
    );
    expect(console.faults).toEqual(lines);
    expect(said).toEqual(lines);
    expect(printed).toEqual(['from a program']);
    expect(console.status).toBeUndefined();
  });

  it('lets pass what is known, and nothing that follows', () => {
    const lines = ['WARNING: CPU: 0 at a.c:1', 'Call Trace:', 'WARNING: CPU: 0 at b.c:1'].map(
      (line) => `[    1.000000] ${line}`,
    );
    const console = new Console({ print: () => {}, known: [/ at a\.c/] });
    console.write(`lab: guest is up\n${lines.join('\n')}\n`);
    expect(console.faults).toEqual([lines[2]]);
  });

  it('takes no complaint from a program for the kernel’s', () => {
    const { console, printed } = read('lab: guest is up\nok prints what an Oops, a BUG: and a WARNING: look like\n');
    expect(console.faults).toEqual([]);
    expect(printed).toHaveLength(1);
  });

  it('overlooks what the kernel mentions, and takes it apart from a line that it breaks', () => {
    const { console, printed, said } = read(
      'lab: guest is up\nok unbi[    2.000001] udc dummy_udc.0: UDC had already stopped\nnd, depth 1\n',
    );
    expect(console.faults).toEqual([]);
    expect(printed).toEqual(['ok unbi', 'nd, depth 1']);
    expect(said).toEqual(['[    2.000001] udc dummy_udc.0: UDC had already stopped']);
  });

  it('says why a guest did not begin', () => {
    expect(read('lab: cannot load udc-core.ko\n').console.faults).toEqual(['lab: cannot load udc-core.ko']);
  });
});
