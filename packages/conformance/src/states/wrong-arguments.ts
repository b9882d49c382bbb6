/** An operation with every kind of argument, right and wrong, as a scenario does it: each line has an outcome of its own. */
export interface ArgumentCases {
  readonly name: string;
  readonly steps: readonly string[];
  /** Those that a kernel must not be asked without a controller, as it would dereference NULL. */
  readonly withController?: readonly string[];
}

/**
 * What every scenario of arguments begins with: `b` and `u` are dma-bufs, `m` is a file that is none, `c` is closed, `s` is
 * a sync file. Files do not block.
 */
export const CAST: readonly string[] = [
  'nonblock ep1 on',
  'nonblock ep2 on',
  'nonblock ep3 on',
  'events',
  'alloc b 8192',
  'udmabuf u 4096',
  'memfd m',
  'alloc c 4096',
  'closefd c',
  'export s b w',
];

/** Where a dma-buf belongs: no descriptor, another file, a sync file, a descriptor that was closed. */
const NO_BUFFERS = ['none', 'm', 's', 'c'] as const;
const IOCTLS = ['desc', 'revmap', 'fifo_status', 'fifo_flush', 'clear_halt', 'bogus'] as const;
/** Letters are bits: e is SYNC_END, x is none that exists. */
const FLAGS = ['r', 'w', 'rw', 'none', 'e', 'rwe', 'x', 'rx'] as const;

/** Operations by their arguments. Requests of hosts, and what waits for one, are recorded elsewhere. */
export const ARGUMENT_CASES = [
  {
    name: 'attach',
    steps: [
      ...['ep1', 'ep2'].flatMap((endpoint) => NO_BUFFERS.map((name) => `attach ${endpoint} ${name}`)),
      ...['attach ep1 b', 'attach ep1 b', 'attach ep2 b', 'attach ep3 u', 'attach ep1 u'],
      ...['closefd b', 'attach ep1 b'],
    ],
  },
  {
    name: 'detach',
    steps: [],
    withController: [
      ...NO_BUFFERS.map((name) => `detach ep1 ${name}`),
      ...['detach ep1 b', 'attach ep1 b', 'detach ep2 b', 'detach ep1 u', 'detach ep1 b', 'detach ep1 b'],
      ...['attach ep1 b', 'attach ep1 b', 'detach ep1 b', 'detach ep1 b', 'detach ep1 b'],
    ],
  },
  {
    name: 'transfer',
    steps: [
      ...NO_BUFFERS.map((name) => `xfer ep1 ${name} 512`),
      ...['1', '2', '2147483648', '4294967295'].map((flags) => `xfer ep1 b 512 ${flags}`),
      ...['0', '8193', '1000000000000'].map((length) => `xfer ep1 b ${length}`),
      ...['xfer ep1 u 4097', 'xfer ep1 none 0', 'xfer ep1 none 0 1', 'xfer ep1 b 0 1', 'xfer ep1 m 8193'],
    ],
    withController: [
      ...['xfer ep1 b 512', 'xfer ep2 b 512', 'attach ep2 b', 'xfer ep1 b 512', 'xfer ep2 b 0', 'xfer ep2 b 8193'],
      ...['xfer ep2 b 512 1', 'xfer ep2 b 8192', 'poll b in 0', 'poll b out 0', 'xfer ep2 b 8192', 'xfer ep2 u 4096'],
      ...['detach ep2 b', 'xfer ep2 b 512', 'poll b in,out 0', 'fence s'],
    ],
  },
  {
    name: 'endpoint ioctls',
    steps: ['ep1', 'ep2'].flatMap((endpoint) => IOCTLS.map((ioctl) => `epioctl ${endpoint} ${ioctl}`)),
  },
  {
    name: 'against the direction',
    steps: [
      ...['epwrite ep2 16', 'epwrite ep2 0', 'epread ep1 16', 'epread ep1 65536', 'epwrite ep1 0'],
      ...['epioctl ep1 clear_halt', 'epioctl ep2 clear_halt'],
    ],
  },
  {
    name: 'a closed endpoint',
    steps: [
      ...['attach ep3 b', 'closeep ep3', 'closeep ep3', 'nonblock ep3 on', 'attach ep3 b', 'attach ep3 none'],
      ...['detach ep3 b', 'xfer ep3 b 512', 'xfer ep3 b 0 1', 'epread ep3 16', 'epwrite ep3 16', 'epioctl ep3 desc'],
      ...['openep ep3 nonblock', 'openep ep3 nonblock', 'closeep ep3', 'openep ep9', 'epioctl ep1 revmap'],
    ],
  },
  {
    name: 'export',
    steps: [
      ...FLAGS.flatMap((flags) => [`export t b ${flags}`, 'fence t']),
      'export t u r',
      'closefd b',
      'export t b r',
    ],
  },
  {
    name: 'import',
    steps: [
      ...FLAGS.map((flags) => `import b s ${flags}`),
      ...['none', 'm', 'b', 'u', 'c'].map((name) => `import u ${name} w`),
      ...[
        'import u none x',
        'import u m e',
        'import u s rw',
        'poll u in 0',
        'poll u out 0',
        'closefd s',
        'import u s r',
      ],
    ],
  },
  {
    name: 'merge',
    steps: [
      ...['s', 'none', 'm', 'b', 'c'].map((name) => `merge t s ${name}`),
      ...['fence t', 'merge t t s', 'fence t', 'export r b r', 'merge t r s', 'fence t', 'closefd s', 'merge t s s'],
    ],
  },
  {
    name: 'sync',
    steps: [
      ...Array.from({ length: 9 }, (_, flags) => `sync b ${flags}`),
      ...['sync b 16', 'sync b 4294967295', 'sync u 3', 'sync u 7', 'sync u 7'],
    ],
  },
  {
    name: 'name',
    steps: [
      ...['x', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(33)].map((text) => `setname b ${text}`),
      ...['attach ep1 b', 'setname b attached', 'setname u other', 'closefd b', 'setname b closed'],
    ],
  },
  {
    name: 'seek',
    steps: ['b', 'u'].flatMap((name) =>
      ['set', 'cur', 'end'].flatMap((from) => ['0', '1', '4096', '-1'].map((at) => `lseek ${name} ${at} ${from}`)),
    ),
  },
  {
    name: 'mapping',
    steps: [
      ...['4096 0', '8192 0', '1 0', '0 0', '8193 0', '12288 0', '4096 4096', '8192 4096'].map(
        (at) => `mmaplen b ${at}`,
      ),
      ...['4096 8192', '4096 1', '4096 4095', '1 4096'].map((at) => `mmaplen b ${at}`),
      ...['4096 0', '8192 0', '4096 4096'].map((at) => `mmaplen u ${at}`),
    ],
  },
  {
    name: 'poll',
    steps: [
      ...['b', 'u', 's', 'm', 'none'].flatMap((name) => ['in', 'out', 'in,out'].map((way) => `poll ${name} ${way} 0`)),
      ...['poll b in 20', 'poll none in 20'],
    ],
  },
  {
    name: 'copies',
    steps: [
      ...['dup d b', 'closefd b', 'closefd b', 'attach ep1 d', 'attach ep1 b', 'crc d', 'fill d 3', 'crc d 100'],
      ...['dup e s', 'closefd s', 'fence e', 'dup f none', 'dup f c', 'closefd none', 'closefd d', 'attach ep1 d'],
    ],
  },
  {
    name: 'alloc',
    steps: [
      ...['0', '1', '4095', '4097', '65537'].map((size) => `alloc t ${size}`),
      ...['0', '1', '2', '524288', '524290', '4', '64', '2048', '4294967295'].map((flags) => `alloc t 4096 ${flags}`),
      ...['1', '4294967295'].map((flags) => `alloc t 4096 2 ${flags}`),
    ],
  },
  {
    name: 'udmabuf',
    steps: [
      ...['seal', 'noseal', 'wseal'].map((seal) => `udmabuf t 8192 ${seal}`),
      ...['0 0', '0 1', '1 4096', '0 4095', '4096 4096', '4096 8192', '8192 4096', '0 12288'].map(
        (range) => `udmabuf t 8192 seal ${range}`,
      ),
      ...['noseal 1 4096', 'wseal 0 0'].map((words) => `udmabuf t 8192 ${words}`),
    ],
  },
  {
    name: 'ep0',
    steps: ['ep0read 1', 'ep0read 11', 'ep0read 12', 'ep0read 64', 'ep0write 0', 'ep0write 1', 'ep0write 64', 'events'],
  },
] as const satisfies readonly ArgumentCases[];
