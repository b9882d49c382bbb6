import { describe, expect, it } from 'vitest';
import { Terminals } from './terminals.ts';

describe('the terminals of a gadget', () => {
  it('are all closed when it leaves, and none is opened meanwhile', async () => {
    const terminals = new Terminals();
    const left: string[] = [];
    const terminal = (name: string) => ({
      leave: async () => {
        left.push(name);
      },
    });
    terminals.add('g1', terminal('a'));
    terminals.add('g1', terminal('b'))[Symbol.dispose]();
    terminals.add('g2', terminal('other'));
    const leaving = terminals.leave('g1');
    expect(() => terminals.add('g1', terminal('late'))).toThrow('the gadget is being removed');
    (await leaving)[Symbol.dispose]();
    expect(left).toEqual(['a']);
    terminals.add('g1', terminal('next'));
    (await terminals.leave('g1'))[Symbol.dispose]();
    expect(left).toEqual(['a', 'next']);
  });
});
