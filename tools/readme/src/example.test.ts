import { describe, expect, it } from 'vitest';
import { examplesOf } from './example.ts';

const markdown = [
  '# A package',
  '',
  '```sh',
  'npm i it',
  '```',
  '```ts',
  "console.log('a'); // => a",
  '// => b',
  '```',
  '',
];

describe('the examples of a README', () => {
  it('are its ts blocks, with the line numbers of the README', () => {
    const [example, ...others] = examplesOf(markdown.join('\n'));
    expect(others).toEqual([]);
    expect(example?.line).toBe(7);
    expect(example?.code.split('\n')[6]).toBe("console.log('a'); // => a");
  });

  it('say what they print in comments', () => {
    expect(examplesOf(markdown.join('\n'))[0]?.prints).toEqual(['a', 'b']);
  });

  it('may be several, or none', () => {
    expect(examplesOf('```ts\n1;\n```\ntext\n```ts\n2;\n```\n').map(({ line }) => line)).toEqual([2, 6]);
    expect(examplesOf('# nothing')).toEqual([]);
  });

  it('must end', () => {
    expect(() => examplesOf('text\n```ts\n1;\n')).toThrow('line 2 has no end');
  });
});
