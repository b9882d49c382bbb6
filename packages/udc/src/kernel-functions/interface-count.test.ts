import { describe, expect, it } from 'vitest';
import { kernelInterfaceCount } from './interface-count.ts';

describe('the interfaces of a function of the kernel', () => {
  it.each([
    ['acm', {}, 2],
    ['mass_storage', {}, 1],
    ['uac2', {}, 3],
    ['uac2', { p_chmask: 0 }, 2],
    ['uac1', { c_chmask: '0x0', p_chmask: '0' }, 1],
    ['mystery', {}, undefined],
    ['toString', {}, undefined],
  ])('of %s with %j are counted', (type, attributes, count) => {
    expect(kernelInterfaceCount(type, attributes)).toBe(count);
  });
});
