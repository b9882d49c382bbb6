import { describe, expect, it } from 'vitest';
import { ResourceScope } from './resource-scope.ts';

const failing = (message: string) => (): never => {
  throw new Error(message);
};

describe('a resource scope', () => {
  it('closes what was opened last first, one after the other', async () => {
    const scope = new ResourceScope();
    const closed: string[] = [];
    scope.onClose(() => void closed.push('first'));
    scope.onClose(async () => {
      closed.push('second begins');
      await Promise.resolve();
      closed.push('second ends');
    });
    scope.onClose(() => void closed.push('third'));
    await scope.close();
    expect(closed).toEqual(['third', 'second begins', 'second ends', 'first']);
  });

  it('owns disposable values of both kinds, and gives every value back', async () => {
    const closed: string[] = [];
    const sync = { [Symbol.dispose]: () => void closed.push('sync') };
    const both = {
      [Symbol.dispose]: failing('not this one'),
      [Symbol.asyncDispose]: async () => void closed.push('async'),
    };
    {
      await using scope = new ResourceScope();
      expect(scope.use(sync)).toBe(sync);
      expect(scope.use(both)).toBe(both);
      expect(scope.use(7)).toBe(7);
      expect(scope.use(undefined)).toBeUndefined();
    }
    expect(closed).toEqual(['async', 'sync']);
  });

  it('closes once', async () => {
    const scope = new ResourceScope();
    let closed = 0;
    scope.onClose(() => void closed++);
    await Promise.all([scope.close(), scope.close()]);
    await scope[Symbol.asyncDispose]();
    expect(closed).toBe(1);
  });

  it('keeps its order where a closer closes the scope again', async () => {
    const scope = new ResourceScope();
    const closed: string[] = [];
    scope.onClose(() => void closed.push('first'));
    scope.onClose(() => {
      void scope.close();
      closed.push('second');
    });
    await scope.close();
    expect(closed).toEqual(['second', 'first']);
  });

  it('takes nothing more once it closes', async () => {
    const scope = new ResourceScope();
    const closing = scope.close();
    expect(() => scope.onClose(() => undefined)).toThrow('closed');
    expect(() => scope.use({ [Symbol.dispose]: () => undefined })).toThrow('closed');
    await closing;
  });

  it('closes the others where one fails, then reports the failure', async () => {
    const scope = new ResourceScope();
    let closed = false;
    scope.onClose(() => {
      closed = true;
    });
    scope.onClose(failing('stuck'));
    await expect(scope.close()).rejects.toThrow('stuck');
    expect(closed).toBe(true);
  });

  it('reports several failures together', async () => {
    const scope = new ResourceScope();
    scope.onClose(failing('one'));
    scope.onClose(() => Promise.reject(new Error('two')));
    const failure = await scope.close().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AggregateError);
    expect((failure as AggregateError).errors.map(({ message }) => message)).toEqual(['two', 'one']);
  });
});
