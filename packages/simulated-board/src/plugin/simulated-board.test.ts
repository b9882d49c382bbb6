import { CLOCK, isInputError, option, VirtualClock } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER } from '@gadgetloom/dmabuf';
import { TinyContainer } from '@gadgetloom/functionfs/testing';
import { GADGET_CONTROLLER, type GadgetController } from '@gadgetloom/udc';
import { FAULTS } from '@gadgetloom/udc/faults';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { BOARD_FAULTS } from '../faults/board-faults.ts';
import type { BoardOptions } from './board-options.ts';
import { BOARD, simulatedBoard } from './simulated-board.ts';

interface AcmeOptions extends BoardOptions<'full' | 'high'> {
  readonly turbo?: boolean;
}

const acme = simulatedBoard<AcmeOptions>({
  name: 'acme',
  description: 'a controller for this test',
  device: 'acme.0',
  speeds: ['full', 'high'],
  memory: { heap: 'acme-heap' },
  options: { turbo: option.yesOrNo },
  summary: ({ speed = 'high', turbo = false }) => `${speed}, ${turbo ? 'turbo' : 'plain'}`,
  controller: ({ name }, { speed = 'high' }) => ({ name, maxSpeed: speed }) as GadgetController,
});

describe('the plugin of a simulated board', () => {
  it('provides exactly what it registers', () => {
    const registered: unknown[] = [];
    acme().register({
      register: (token) => void registered.push(token),
      resolve: () => expect.fail(),
      isRegistered: () => false,
    });
    expect(new Set(registered)).toEqual(new Set(acme().provides));
    expect(registered).toHaveLength(acme().provides.length);
  });

  it('makes the controller on its board, with what the options say', () => {
    const pieces = new TinyContainer(acme({ name: 'acme.7', speed: 'full', interruptLatency: 50 }));
    expect(pieces.resolve(GADGET_CONTROLLER)).toMatchObject({ name: 'acme.7', maxSpeed: 'full' });
    expect(pieces.resolve(BOARD)).toMatchObject({ name: 'acme.7', interruptLatency: 50 });
    expect(pieces.resolve(BOARD).faults).toBe(pieces.resolve(FAULTS));
    expect(pieces.resolve(FAULTS)).toBe(pieces.resolve(BOARD_FAULTS));
  });

  it('has memory that runs out by its faults', () => {
    const pieces = new TinyContainer(acme({ budget: 8192 }));
    const exporter = pieces.resolve(DMA_BUF_EXPORTER);
    expect(exporter.allocate({ size: 4096 }).size).toBe(4096);
    pieces.resolve(FAULTS).outOfMemory();
    expect(() => exporter.allocate({ size: 4096 })).toThrow('ENOMEM');
  });

  it('has a virtual clock and a host', () => {
    const pieces = new TinyContainer(acme({ host: { maxSpeed: 'full' } }));
    expect(pieces.resolve(CLOCK)).toBeInstanceOf(VirtualClock);
    expect(pieces.resolve(VIRTUAL_HOST).maxSpeed).toBe('full');
  });

  it('takes the options of every board, and its own, from a gadget file', async () => {
    const options = {
      ...{ speed: 'full', name: 'acme.1', heap: 'h', layout: 'scattered', budget: 1, largest: 1, seed: 7 },
      ...{ interruptLatency: 10, firstInterface: true, timed: true, turbo: true },
      host: { maxSpeed: 'high', autoConfigure: false, delays: true },
    };
    const probe = await acme().configure!(options).probe();
    expect(probe).toEqual({ ok: true, summary: 'full, turbo' });
  });

  it.each([
    ['speed', 'super'],
    ['name', ''],
    ['timed', 1],
    ['host', { port: 1 }],
    ['turbo', 'yes'],
    ['brake', true],
  ])('refuses %s: %j by name', (field, value) => {
    let caught: unknown;
    try {
      acme().configure!({ [field]: value });
    } catch (refusal) {
      caught = refusal;
    }
    expect(isInputError(caught) && caught.field).toBe(field);
  });
});
