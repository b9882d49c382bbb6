import { readFileSync } from 'node:fs';
import { isInputError } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../test/fake-machine.ts';
import { HAZARDS, linux } from './index.ts';

describe('the plugin', () => {
  it('cannot run where there is no controller, and says so', async () => {
    using fake = new FakeMachine();
    expect(await linux({ paths: fake.paths }).probe()).toMatchObject({ ok: false });
  });

  it('registers what it says that it provides', () => {
    const plugin = linux();
    const registered: unknown[] = [];
    plugin.register({
      register: (token) => void registered.push(token),
      resolve: () => {
        throw new Error('Nothing is resolved while plugins register.');
      },
      isRegistered: () => false,
    });
    expect(new Set(registered)).toEqual(new Set(plugin.provides));
  });

  it.each([
    ['contoller', { contoller: 'x' }, 'no option of this backend; it has controller, virtual, heap'],
    ['virtual', { virtual: 'yes' }, 'allowed is true or false'],
    ['heap', { heap: '' }, 'allowed is the name of a DMA heap'],
  ])('names the option %s when it is wrong', (field, options, message) => {
    let caught: unknown;
    try {
      linux().configure!(options);
    } catch (refusal) {
      caught = refusal;
    }
    expect(isInputError(caught) && [caught.field, caught.message]).toEqual([field, expect.stringContaining(message)]);
  });
});

it('every hazard that is guarded against is described', () => {
  const text = readFileSync(new URL('../docs/kernel-hazards.md', import.meta.url), 'utf8');
  const sections = text.split(/^## /m).filter((section) => section.startsWith('`'));
  const guarded = sections.filter((section) => !section.includes('- **Guard:** none'));
  const described = guarded.map((section) => section.split('`')[1]);
  expect(described.sort()).toEqual(Object.keys(HAZARDS).sort());
});
