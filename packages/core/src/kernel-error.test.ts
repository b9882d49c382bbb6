import { describe, expect, it } from 'vitest';
import { isKernelError, KernelError } from './kernel-error.ts';

describe('a kernel error', () => {
  it('says what was attempted, the errno, and what the caller can do', () => {
    const error = new KernelError('EBUSY', 'FUNCTIONFS_DMABUF_ATTACH', 'Detach the buffer from this endpoint first.');
    expect(error).toMatchObject({
      name: 'KernelError',
      code: 'EBUSY',
      errno: 16,
      operation: 'FUNCTIONFS_DMABUF_ATTACH',
    });
    expect(error.message).toBe('FUNCTIONFS_DMABUF_ATTACH: EBUSY: Detach the buffer from this endpoint first.');
    expect(error).toBeInstanceOf(Error);
  });

  it('says what the errno means where nobody knows better', () => {
    expect(new KernelError('ESHUTDOWN', 'write ep1').message).toBe(
      'write ep1: ESHUTDOWN: endpoint disabled or device gone',
    );
  });

  it('keeps its cause', () => {
    const cause = new Error('cause');
    expect(new KernelError('EIO', 'read', undefined, { cause }).cause).toBe(cause);
  });

  it('keeps a number that has no name', () => {
    expect(new KernelError('E4711' as 'EIO', 'ioctl').errno).toBe(4711);
  });
});

describe('recognising a kernel error', () => {
  it('goes by name and code', () => {
    const error: unknown = new KernelError('EPIPE', 'read');
    expect(isKernelError(error)).toBe(true);
    expect(isKernelError(error, 'EPIPE')).toBe(true);
    expect(isKernelError(error, 'EIO')).toBe(false);
  });

  it('works for errors of another copy of the package', () => {
    const foreign = Object.assign(new Error('write: EAGAIN'), { name: 'KernelError', code: 'EAGAIN' });
    expect(isKernelError(foreign, 'EAGAIN')).toBe(true);
  });

  it('does not take other things for one', () => {
    for (const other of [new Error('EIO'), { name: 'KernelError', code: 'EIO' }, 'EIO', null, undefined])
      expect(isKernelError(other)).toBe(false);
  });
});
