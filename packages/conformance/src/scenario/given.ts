/** What a `given` line stands for. */
export interface Given {
  /** The words after `given NAME`. */
  readonly form: string;
  /** Steps as scenario text, of the words that follow the name. */
  readonly steps: (...words: string[]) => readonly string[];
  /** Features that the steps need. */
  readonly needs: readonly string[];
}

const needs = ['scatter-gather'];
const attached = (endpoint = '', buffer = '', size = ''): readonly string[] => [
  'bind => 0',
  `alloc ${buffer} ${size} => size=${size}`,
  `attach ${endpoint} ${buffer} => 0`,
];
const queued = (endpoint = '', buffer = '', size = ''): readonly string[] => [
  ...attached(endpoint, buffer, size),
  `xfer ${endpoint} ${buffer} ${size} => 0`,
];
const enabled = ['bind => 0', 'events => ENABLE'];

/** The beginnings that many scenarios have in common, by name. */
export const GIVENS: Readonly<Record<string, Given>> = {
  /** The host has configured the gadget, and ENABLE was read. */
  enabled: { form: '', needs: [], steps: () => enabled },
  /** A control request of the host waits for the gadget, and SETUP was read. */
  asked: {
    form: 'REQUEST_TYPE REQUEST VALUE INDEX LENGTH',
    needs: [],
    steps: (...words) => [
      ...enabled,
      `bg 0 hostctrl ${words.join(' ')} => started`,
      'sleep 100 => 0',
      'events => SETUP',
    ],
  },
  /** A new buffer is attached to an endpoint of the bound gadget. */
  attached: { form: 'EP BUFFER SIZE', needs, steps: attached },
  /** The same, and the buffer is filled with a pattern. */
  filled: {
    form: 'EP BUFFER SIZE SEED',
    needs,
    steps: (endpoint, buffer, size, seed) => [...attached(endpoint, buffer, size), `fill ${buffer} ${seed} => 0`],
  },
  /** A transfer of a whole new buffer waits for the host. */
  queued: { form: 'EP BUFFER SIZE', needs, steps: queued },
  /** The same, and `s0` is the sync file of that transfer: `r` for OUT endpoints, `w` for IN endpoints. */
  fenced: {
    form: 'EP BUFFER SIZE r|w',
    needs,
    steps: (endpoint, buffer, size, access) => [
      ...queued(endpoint, buffer, size),
      `export s0 ${buffer} ${access} => 0`,
    ],
  },
};

/** What is wrong with the words after `given`, or `undefined`. */
export function givenFault(name: string, words: readonly string[]): string | undefined {
  const given = GIVENS[name];
  if (given === undefined) return `there is no "given ${name}"; there are ${Object.keys(GIVENS).join(', ')}.`;
  const wanted = given.form === '' ? 0 : given.form.split(' ').length;
  if (words.length === wanted) return undefined;
  return `"given ${[name, ...words].join(' ')}" should be: ${`given ${name} ${given.form}`.trim()}`;
}
