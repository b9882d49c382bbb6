import { describe, expect, it } from 'vitest';
import { formatScenario } from './format.ts';
import { parseScenarios } from './parse.ts';

const text = `scenario attach-before-bind
  alloc b0 65536                           => size=65536
  attach ep1 b0                            => EPERM
  setname b0 0123456789012345678901234567890 => 0
`;

describe('scenario text', () => {
  it('gives each step its words, its expected outcome and its line', () => {
    const [scenario] = parseScenarios(text);
    expect(scenario).toMatchObject({ name: 'attach-before-bind', line: 1 });
    expect(scenario?.steps[0]).toEqual({
      line: 2,
      operation: 'alloc b0 65536',
      verb: 'alloc',
      args: ['b0', '65536'],
      expected: 'size=65536',
    });
  });

  it('comes out byte for byte when formatted with its own outcomes', () => {
    const [scenario] = parseScenarios(text);
    expect(
      formatScenario(
        scenario!,
        scenario!.steps.map(({ expected }) => expected!),
      ),
    ).toBe(text);
  });

  it('may leave outcomes out, and may hold comments and empty lines', () => {
    const [scenario] = parseScenarios('# to be recorded\n\nscenario a\n  bind\n');
    expect(scenario?.steps).toMatchObject([{ operation: 'bind', expected: undefined }]);
  });

  it('may say what it proves', () => {
    const [scenario] = parseScenarios('requirement a-b It binds.\nsource udc, bind\nneeds udmabuf, x\n  bind => 0\n');
    expect(scenario).toMatchObject({
      name: 'a-b',
      requirement: { sentence: 'It binds.', source: 'udc, bind', needs: ['udmabuf', 'x'] },
      steps: [{ operation: 'bind' }],
    });
  });

  it.each([
    ['requirement a\n  bind', /^s\.txt:1:1 {2}a requirement starts with "requirement NAME SENTENCE"/],
    ['scenario a\nsource f_fs.c', /^s\.txt:2:1 {2}"source" belongs directly below "requirement NAME SENTENCE"/],
    ['requirement a b\n  bind\nneeds udmabuf', /^s\.txt:3:1 {2}"needs" belongs directly below/],
    ['bind => 0', /^s\.txt:1:1 {2}an operation stands before the first "scenario NAME" line/],
    ['scenario a\n  atach', /there is no operation "atach"; did you mean "attach"\? The operations are bind, /],
    ['scenario a\n  frobnicate', /^s\.txt:2:3 {2}there is no operation "frobnicate"\. The operations are bind, /],
    ['scenario a\n  xfer ep1', /^s\.txt:2:3 {2}"xfer ep1" should be: xfer EP BUFFER LENGTH \[FLAGS\]/],
    ['scenario a\n  bg 0 xfer ep1', /should be: xfer EP BUFFER/],
    ['scenario a\n  bg 0 join 1', /"join" cannot run in the background/],
    ['scenario a b', /the name being one word/],
  ])('refuses %j with file, line and reason', (wrong, message) => {
    expect(() => parseScenarios(wrong, 's.txt')).toThrow(message);
  });
});
