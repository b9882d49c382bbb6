import { describe, expect, it } from 'vitest';
import { InputError, isInputError } from './input-error.ts';

describe('an input error', () => {
  it('names file, line and column in the form that editors follow', () => {
    const location = { file: 'broken.yaml', line: 7, column: 15 };
    const error = new InputError('interval is 0; at least 1 is needed.', { field: 'functions.stream', location });
    expect(error.message).toBe('broken.yaml:7:15  interval is 0; at least 1 is needed.');
    expect(error).toMatchObject({ name: 'InputError', field: 'functions.stream', location });
  });

  it('needs neither field nor file', () => {
    const error = new InputError('No backend was given.');
    expect(error.message).toBe('No backend was given.');
    expect(error.field).toBeUndefined();
    expect(error.location).toBeUndefined();
  });

  it('keeps its cause', () => {
    const cause = new Error('ENOENT');
    expect(new InputError('unreadable', {}, { cause }).cause).toBe(cause);
  });

  it('is recognised by name, so that two copies of the package agree', () => {
    expect(isInputError(new InputError('wrong'))).toBe(true);
    expect(isInputError(Object.assign(new Error('wrong'), { name: 'InputError' }))).toBe(true);
    expect(isInputError(new Error('wrong'))).toBe(false);
    expect(isInputError({ name: 'InputError' })).toBe(false);
  });
});
