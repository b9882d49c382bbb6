import { describe, expect, it } from 'vitest';
import { allowedProcessors, Processors } from './one-processor.ts';

describe('processors for guests', () => {
  it('are those that the process may use', () => {
    expect(allowedProcessors('Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t0-2,5,8-9\n')).toEqual([
      0, 1, 2, 5, 8, 9,
    ]);
    expect(allowedProcessors('Cpus_allowed_list:\t3\n')).toEqual([3]);
    expect(allowedProcessors('Name:\tnode\n')).toEqual([0]);
  });

  it('have as few guests each as can be', () => {
    const processors = new Processors([4, 7]);
    const first = processors.take();
    const second = processors.take();
    expect([first.number, second.number]).toEqual([4, 7]);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(processors.take().number).toBe(4);
    second[Symbol.dispose]();
    expect(processors.take().number).toBe(7);
  });
});
