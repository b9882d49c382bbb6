import { isInputError, type Plugin, type ProbeResult } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import type { GadgetDefinition } from '../definition/definition.ts';
import { parseGadget } from '../definition/parse-gadget.ts';
import { type BackendChoice, chooseBackend } from './backends.ts';
import { probeBackends } from './probe.ts';

interface Backend extends Plugin {
  readonly options?: Readonly<Record<string, unknown>>;
}

const here: ProbeResult = { ok: true };
const nowhere: ProbeResult = { ok: false, reason: 'no controller in /sys/class/udc', advice: 'Plug one in.' };

function backend(name: string, probe: ProbeResult = here, more: Partial<Plugin> = {}): Backend {
  return { name, provides: [], probe: () => probe, register: () => {}, ...more };
}

/** A backend that keeps the options that it was configured with. */
function configurable(name: string, options?: Readonly<Record<string, unknown>>): Backend {
  return { ...backend(name), ...(options && { options }), configure: (given) => configurable(name, given) };
}

const all = [backend('linux', nowhere), configurable('dwc3'), configurable('mock')];

const gadget = (environments?: GadgetDefinition['environments']): GadgetDefinition => ({
  vendorId: 1,
  productId: 2,
  functions: { f: {} },
  ...(environments && { environments }),
});

async function chosen(wanted: GadgetDefinition, choice: Partial<BackendChoice> = {}): Promise<Backend> {
  return chooseBackend(wanted, all, { env: {}, ...choice });
}

const name = async (...args: Parameters<typeof chosen>) => (await chosen(...args)).name;

describe('the backend', () => {
  const table = gadget({ ci: { backend: 'mock' }, default: { backend: 'dwc3' } });

  it('is the first that can run here', async () => {
    expect(await name(gadget())).toBe('dwc3');
  });

  it('is chosen by the argument, before GADGETLOOM_BACKEND, before the environment table', async () => {
    const env = { GADGETLOOM_BACKEND: 'dwc3', GADGETLOOM_ENV: 'ci' };
    expect(await name(table, { env, backend: 'mock' })).toBe('mock');
    expect(await name(table, { env })).toBe('dwc3');
    expect(await name(table, { env: { GADGETLOOM_ENV: 'ci' } })).toBe('mock');
  });

  it('is that of the environment `default` where none is named', async () => {
    expect(await name(table)).toBe('dwc3');
  });

  it('is that of the environment in the argument, before GADGETLOOM_ENV', async () => {
    const env = { GADGETLOOM_ENV: 'default' };
    expect(await name(table, { env, environment: 'ci' })).toBe('mock');
  });

  it('is not chosen by variables that are empty', async () => {
    expect(await name(gadget(), { env: { GADGETLOOM_BACKEND: '', GADGETLOOM_ENV: '' } })).toBe('dwc3');
  });

  it('does not mind GADGETLOOM_ENV where the gadget has no table, or where it is named otherwise', async () => {
    const env = { GADGETLOOM_ENV: 'board' };
    expect(await name(gadget(), { env })).toBe('dwc3');
    expect(await name(table, { env, backend: 'mock' })).toBe('mock');
  });
});

describe('options in the environment table', () => {
  const table = gadget({ ci: { backend: 'mock', speed: 'super', seed: 3 } });

  it('configure the backend', async () => {
    expect((await chosen(table, { environment: 'ci' })).options).toEqual({ speed: 'super', seed: 3 });
  });

  it('do so also when it was named otherwise, and leave other backends alone', async () => {
    expect((await chosen(table, { environment: 'ci', backend: 'mock' })).options).toEqual({ speed: 'super', seed: 3 });
    expect((await chosen(table, { environment: 'ci', backend: 'dwc3' })).options).toBeUndefined();
  });

  it('are refused by a backend that takes none', async () => {
    const board = gadget({ board: { backend: 'linux', controller: 'fe800000.usb' } });
    await expect(chosen(board, { environment: 'board' })).rejects.toThrow(
      'backend "linux" takes no options; environment "board" gives it controller.',
    );
  });
});

describe('a choice that cannot be', () => {
  it.each([
    [
      'an unknown backend',
      { backend: 'mok' },
      'there is no backend "mok", which the option `backend` names; known here: linux, dwc3, mock; did you mean "mock"?',
    ],
    [
      'an unknown one in the variable',
      { env: { GADGETLOOM_BACKEND: 'qemu' } },
      'there is no backend "qemu", which GADGETLOOM_BACKEND names; known here: linux, dwc3, mock.',
    ],
    [
      'one that cannot run here',
      { backend: 'linux' },
      'backend "linux" cannot run here: no controller in /sys/class/udc. Plug one in.',
    ],
    [
      'an unknown environment',
      { environment: 'cy' },
      'the gadget has no environment "cy", which the option `environment` names; it has ci; did you mean "ci"?',
    ],
    [
      'an unknown one in the variable',
      { env: { GADGETLOOM_ENV: 'board' } },
      'the gadget has no environment "board", which GADGETLOOM_ENV names; it has ci.',
    ],
  ])('%s', async (_, choice, message) => {
    const failure = await chosen(gadget({ ci: { backend: 'mock' } }), choice).catch((error: unknown) => error);
    expect(isInputError(failure)).toBe(true);
    expect(failure).toMatchObject({ message });
  });

  it('is between two of the same name', async () => {
    await expect(chooseBackend(gadget(), [...all, backend('mock')], { env: {} })).rejects.toThrow(
      'two backends are named "mock"; pass only one of them.',
    );
  });

  it('names the environment of a gadget that has none', async () => {
    await expect(chosen(gadget(), { environment: 'ci' })).rejects.toThrow('it has none.');
  });

  it('is none at all: every reason is given', async () => {
    const broken = backend('broken', here, { probe: () => Promise.reject(new Error('boom')) });
    await expect(chooseBackend(gadget(), [backend('linux', nowhere), broken], { env: {} })).rejects.toThrow(
      'none of the backends can run here. linux: no controller in /sys/class/udc. Plug one in. ' +
        'broken: its probe failed: boom. This is a defect of the backend; report it to its author.',
    );
  });

  it('is shown in the gadget file, where it comes from one', async () => {
    const text = `vendorId: 1
productId: 2
functions: { f: {} }
environments:
  ci:
    backend: mok
  board: { backend: linux, controller: fe800000.usb }
`;
    const parsed = parseGadget(text, { file: 'scope.yaml' });
    await expect(chosen(parsed, { environment: 'ci' })).rejects.toThrow(
      'scope.yaml:6:14  there is no backend "mok", which environment "ci" names;',
    );
    await expect(chosen(parsed, { environment: 'board' })).rejects.toThrow(
      'scope.yaml:7:40  backend "linux" takes no options;',
    );
  });

  it('is an option that the backend does not know: the place is that of the option', async () => {
    const strict = backend('strict', here, {
      configure: () => {
        throw Object.assign(new Error('speed is "warp"; allowed is high.'), { field: 'speed' });
      },
    });
    const parsed = parseGadget(
      'vendorId: 1\nproductId: 2\nfunctions: { f: {} }\nenvironments:\n  ci: { backend: strict, seed: 1, speed: warp }\n',
      { file: 'scope.yaml' },
    );
    await expect(chooseBackend(parsed, [strict], { env: {}, environment: 'ci' })).rejects.toThrow(
      'scope.yaml:5:42  speed is "warp"; allowed is high.',
    );
  });
});

it('backends can be asked whether they can run here, and why not', async () => {
  const described = backend('mock', { ok: true, summary: 'simulated' }, { description: 'for tests' });
  expect(await probeBackends([backend('linux', nowhere), described])).toEqual([
    { name: 'linux', description: undefined, probe: nowhere },
    { name: 'mock', description: 'for tests', probe: { ok: true, summary: 'simulated' } },
  ]);
});

describe('options that are named with the backend', () => {
  const options = async (...args: Parameters<typeof chosen>) => (await chosen(...args)).options;

  it('are those of the backend, on top of those of the environment table', async () => {
    expect(await options(gadget(), { backend: 'mock:a' })).toEqual({ a: true });
    expect(await options(gadget(), { env: { GADGETLOOM_BACKEND: 'mock:a=false,b=12,c=x=y' } })).toEqual({
      ...{ a: false, b: 12, c: 'x=y' },
    });
    expect(await options(gadget(), { backend: 'mock:quirks.slow,a=1,quirks.late=false' })).toEqual({
      ...{ quirks: { slow: true, late: false }, a: 1 },
    });
    const adding = (has: object): Plugin =>
      backend('own', here, { configure: (more) => ({ ...adding({ ...has, ...more }), options: { ...has, ...more } }) });
    const table = gadget({ default: { backend: 'own', a: 1, b: 1 } });
    const both = await chooseBackend(table, [adding({})], { env: {}, backend: 'own:b=2' });
    expect(both).toMatchObject({ options: { a: 1, b: 2 } });
  });

  it.each([
    ['mock:', /the option `backend` is "mock:"; write NAME, or NAME:OPTION=VALUE/],
    ['mock:a,', /write NAME, or/],
    ['mock:a=', /write NAME, or/],
    ['mock:a,a', /write NAME, or/],
    ['mock:a.b,a.b', /write NAME, or/],
    ['mock:a,a.b', /write NAME, or/],
    ['mock:a.b,a', /write NAME, or/],
    ['mock:a.', /write NAME, or/],
    ['fixed:a', /backend "fixed" takes no options; the option `backend` gives it a\./],
    ['picky:a', /the option `backend` has options for backend "picky": a is no option/],
    ['mok:a', /there is no backend "mok"/],
  ])('are refused where they make no sense: %s', async (text, message) => {
    const configure = (): never => {
      throw new Error('a is no option');
    };
    const backends = [backend('fixed'), backend('picky', here, { configure }), configurable('mock')];
    await expect(chooseBackend(gadget(), backends, { env: {}, backend: text })).rejects.toThrow(message);
  });
});
