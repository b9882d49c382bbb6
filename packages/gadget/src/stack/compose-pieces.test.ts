import {
  CLOCK,
  type Plugin,
  SystemClock,
  type Token,
  TRACE_SINK,
  TraceRecorder,
  token,
  VirtualClock,
} from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { composePieces } from './compose-pieces.ts';
import { provide } from './provide.ts';

const ENGINE: Token<{ power: number }> = token('test:Engine');
const WHEELS: Token<{ count: number }> = token('test:Wheels');
const CAR: Token<{ engine: { power: number } }> = token('test:Car');

/** A plugin that provides some pieces. */
function plugin(
  name: string,
  register: Plugin['register'],
  provides: Plugin['provides'],
  more: Partial<Plugin> = {},
): Plugin {
  return { name, provides, probe: () => ({ ok: true }), register, ...more };
}

const engine = (name: string, power: number) =>
  plugin(name, (container) => container.register(ENGINE, { useFactory: () => ({ power }) }), [ENGINE]);
const car = plugin(
  'car',
  (container) => container.register(CAR, { useFactory: (pieces) => ({ engine: pieces.resolve(ENGINE) }) }),
  [CAR],
  { requires: [ENGINE] },
);

describe('pieces', () => {
  it('are made on first use, once for each stack', async () => {
    let made = 0;
    const counter = provide(WHEELS, () => ({ count: ++made }));
    await using one = await composePieces({ plugins: [counter] });
    await using other = await composePieces({ plugins: [counter] });
    expect(made).toBe(0);
    expect(one.resolve(WHEELS)).toBe(one.resolve(WHEELS));
    expect(other.resolve(WHEELS)).not.toBe(one.resolve(WHEELS));
  });

  it('are given what they need from other plugins, in whichever order they are passed', async () => {
    await using pieces = await composePieces({ plugins: [car, engine('v8', 300)] });
    expect(pieces.resolve(CAR)).toEqual({ engine: { power: 300 } });
    expect(pieces.plugins).toEqual(['car', 'v8']);
  });

  it('are closed in reverse order of making, those that were never made not at all', async () => {
    const closed: string[] = [];
    const closing = (name: string) => ({ [Symbol.dispose]: () => void closed.push(name) });
    const parts = [
      plugin('a', (c) => c.register(ENGINE, { useFactory: () => ({ power: 1, ...closing('engine') }) }), [ENGINE]),
      plugin('b', (c) => c.register(CAR, { useFactory: (p) => ({ engine: p.resolve(ENGINE), ...closing('car') }) }), [
        CAR,
      ]),
      plugin('c', (c) => c.register(WHEELS, { useFactory: () => ({ count: 4, ...closing('wheels') }) }), [WHEELS]),
    ];
    const pieces = await composePieces({ plugins: parts });
    pieces.resolve(CAR);
    await pieces[Symbol.asyncDispose]();
    await pieces[Symbol.asyncDispose]();
    expect(closed).toEqual(['car', 'engine']);
  });

  it('that serve under two tokens are closed once', async () => {
    let closed = 0;
    const both = plugin(
      'both',
      (container) => {
        container.register(ENGINE, {
          useFactory: () => ({ power: 1, count: 4, [Symbol.dispose]: () => void closed++ }),
        });
        container.register(WHEELS, { useFactory: (pieces) => pieces.resolve(ENGINE) as unknown as { count: number } });
      },
      [ENGINE, WHEELS],
    );
    const pieces = await composePieces({ plugins: [both] });
    expect(pieces.resolve(WHEELS)).toBe(pieces.resolve(ENGINE));
    await pieces[Symbol.asyncDispose]();
    expect(closed).toBe(1);
  });

  it('cannot be made after closing', async () => {
    const closeable = provide(WHEELS, () => ({ count: 4, [Symbol.dispose]: () => {} }));
    const pieces = await composePieces({ plugins: [closeable] });
    await pieces[Symbol.asyncDispose]();
    expect(() => pieces.resolve(WHEELS)).toThrow('The stack is closed: it has no Wheels any more.');
    expect(() => pieces.resolve(CLOCK)).toThrow('The stack is closed: it has no Clock any more.');
  });
});

describe('the clock and the trace', () => {
  it('are real time and nothing, unless somebody provides them', async () => {
    await using pieces = await composePieces({});
    expect(pieces.resolve(CLOCK)).toBeInstanceOf(SystemClock);
    expect(pieces.isRegistered(TRACE_SINK)).toBe(false);
  });

  it('can be passed, instead of those of the plugins, and stay with who passed them', async () => {
    const clock = new VirtualClock({ auto: false });
    let closed = 0;
    const mine = Object.assign(clock, { [Symbol.dispose]: () => void closed++ });
    const trace = new TraceRecorder();
    const theirs = plugin('theirs', (c) => c.register(CLOCK, { useFactory: () => new VirtualClock() }), [CLOCK]);
    const pieces = await composePieces({ plugins: [theirs], clock: mine, trace });
    expect([pieces.resolve(CLOCK), pieces.resolve(TRACE_SINK)]).toEqual([mine, trace]);
    await pieces[Symbol.asyncDispose]();
    expect(closed).toBe(0);
  });
});

describe('an override', () => {
  it('takes the place of a piece, for everybody who uses it', async () => {
    const overrides = [provide(ENGINE, () => ({ power: 1 }))];
    await using pieces = await composePieces({ plugins: [engine('v8', 300), car], overrides });
    expect(pieces.resolve(CAR).engine.power).toBe(1);
  });

  it('may need other pieces itself', async () => {
    const overrides = [provide(ENGINE, (pieces) => ({ power: pieces.resolve(WHEELS).count }))];
    const wheels = provide(WHEELS, () => ({ count: 4 }));
    await using pieces = await composePieces({ plugins: [engine('v8', 300), wheels], overrides });
    expect(pieces.resolve(ENGINE).power).toBe(4);
  });

  it('may wrap what it replaces, which is made once and closed after it', async () => {
    const closed: string[] = [];
    const closing = (name: string) => ({ [Symbol.dispose]: () => void closed.push(name) });
    const inner = provide(ENGINE, () => ({ power: 300, ...closing('inner') }));
    const tuned = provide(ENGINE, (pieces) => {
      const engines = [pieces.resolve(ENGINE), pieces.resolve(ENGINE)];
      expect(engines[0]).toBe(engines[1]);
      return { power: engines[0]!.power + 50, ...closing('outer') };
    });
    const pieces = await composePieces({ plugins: [inner, car], overrides: [tuned] });
    expect(pieces.resolve(CAR).engine.power).toBe(350);
    expect(pieces.resolve(ENGINE).power).toBe(350);
    await pieces[Symbol.asyncDispose]();
    expect(closed).toEqual(['outer', 'inner']);
  });

  it('cannot wrap what needs the piece itself', async () => {
    const loop = provide(ENGINE, (pieces) => pieces.resolve(ENGINE));
    await using pieces = await composePieces({ plugins: [loop], overrides: [loop] });
    expect(() => pieces.resolve(ENGINE)).toThrow('Engine needs itself to be made');
  });

  it('that has nothing to wrap needs itself', async () => {
    await using pieces = await composePieces({ overrides: [provide(ENGINE, (all) => all.resolve(ENGINE))] });
    expect(() => pieces.resolve(ENGINE)).toThrow('Engine needs itself to be made');
  });

  it('may be a whole plugin', async () => {
    await using pieces = await composePieces({ plugins: [engine('v8', 300)], overrides: [engine('electric', 200)] });
    expect(pieces.resolve(ENGINE).power).toBe(200);
  });
});

describe('plugins that do not go together', () => {
  it('provide the same piece', async () => {
    await expect(composePieces({ plugins: [engine('v8', 300), engine('v6', 200)] })).rejects.toThrow(
      'Engine must come from one plugin: "v8" and "v6" both provide it. Leave one out, or pass one in `overrides` to replace the other.',
    );
  });

  it('provide it in the overrides', async () => {
    const overrides = [provide(CLOCK, () => new VirtualClock())];
    await expect(composePieces({ overrides, clock: new VirtualClock() })).rejects.toThrow(
      'Clock must come from one plugin: "the option `clock`" and "provide(Clock)" both provide it.',
    );
  });

  it('need a piece that nobody provides', async () => {
    await expect(composePieces({ plugins: [car] })).rejects.toThrow(
      'plugin "car" needs Engine, which no plugin provides; there are "car" (Car).',
    );
    await expect(composePieces({ plugins: [car, engine('v8', 1)] }, [WHEELS])).rejects.toThrow(
      'the stack needs Wheels, which no plugin provides; there are "car" (Car) and "v8" (Engine).',
    );
    await expect(composePieces({}, [WHEELS])).rejects.toThrow('no plugins were passed');
  });

  it('do not register what they say', async () => {
    await expect(composePieces({ plugins: [plugin('lazy', () => {}, [WHEELS])] })).rejects.toThrow(
      'plugin "lazy" says that it provides Wheels, but did not register it.',
    );
  });

  it('fail while they register', async () => {
    const cause = new TypeError('undefined is no wheel');
    const register = (): never => {
      throw cause;
    };
    const clumsy = plugin('clumsy', register, [WHEELS]);
    await expect(composePieces({ plugins: [clumsy] })).rejects.toMatchObject({
      message: 'plugin "clumsy" cannot register its pieces: undefined is no wheel',
      cause,
    });
  });

  it('register what another said', async () => {
    const sly = plugin('sly', (c) => c.register(ENGINE, { useFactory: () => ({ power: 0 }) }), []);
    await expect(composePieces({ plugins: [sly, engine('v8', 300)] })).rejects.toThrow(
      '"sly" and "v8" both provide it',
    );
  });

  it('leave nothing behind that one of them had made already', async () => {
    let open = 0;
    const hasty = plugin(
      'hasty',
      (container) => {
        container.register(WHEELS, { useFactory: () => ({ count: ++open, [Symbol.dispose]: () => void open-- }) });
        container.resolve(WHEELS);
      },
      [WHEELS],
    );
    await expect(composePieces({ plugins: [hasty, car] })).rejects.toThrow('needs Engine, which no plugin provides');
    expect(open).toBe(0);
  });

  it('cannot run here', async () => {
    const reason = { ok: false, reason: 'no road', advice: 'Build one.' } as const;
    const stuck = plugin('stuck', () => {}, [], { probe: () => reason });
    await expect(composePieces({ plugins: [stuck] })).rejects.toThrow(
      'plugin "stuck" cannot run here: no road. Build one.',
    );
  });

  it('need each other in a circle: the error shows the way', async () => {
    const circle = [
      provide(ENGINE, (pieces) => ({ power: pieces.resolve(WHEELS).count })),
      provide(WHEELS, (pieces) => ({ count: pieces.resolve(CAR).engine.power })),
      provide(CAR, (pieces) => ({ engine: pieces.resolve(ENGINE) })),
    ];
    await using pieces = await composePieces({ plugins: circle });
    expect(() => pieces.resolve(WHEELS)).toThrow(
      'Wheels needs itself to be made: Wheels (provide(Wheels)) → Car (provide(Car)) → Engine (provide(Engine)) → Wheels (provide(Wheels)).',
    );
  });

  it('resolve a piece that nobody provides: the error says for whom', async () => {
    const careless = provide(CAR, (pieces) => ({ engine: pieces.resolve(ENGINE) }));
    await using pieces = await composePieces({ plugins: [careless] });
    expect(() => pieces.resolve(CAR)).toThrow(
      'Nothing provides Engine, which Car (provide(Car)) needs: none of provide(Car), core does.',
    );
  });
});
