import { z } from 'zod';
import { bytesOf, HEX_BYTES } from './bytes.ts';
import type { Bytes } from './class-definition.ts';
import { STRING_LIMIT } from './strings.ts';

/**
 * Pattern for names of functions, interfaces, endpoints and configurations. Keys that are numbers would lose their
 * order.
 */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,34}$/;

// Every `error` of a schema tells what is allowed, without a full stop; schema-problems.ts makes the sentence.

/** Sets the description of a field that editors show. */
export const field = (description: string) => ({ description });

/**
 * An object whose fields are known. The error for an unknown field has the name of the object, then each known field.
 */
export const fields = <S extends z.ZodRawShape>(what: string, shape: S) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${what}\n${Object.keys(shape).join('\n')}`
        : `an object with the fields of ${what}`,
  });

/** An object with names that the user chooses. */
export const named = <T extends z.ZodType>(value: T, what: string) => {
  const error = `${what} names are 1 to 35 letters, digits, "_" and "-", with a letter or "_" first`;
  return z.record(z.string().regex(NAME, { error }), value, {
    error: `an object: the name of each ${what}, and what it is`,
  });
};

export const whole = (from: number, to: number, error = `a whole number from ${from} to ${to}`) =>
  z.int({ error }).min(from, { error }).max(to, { error });

const hexNumber = (digits: number, id: string) => {
  const max = 16 ** digits - 1;
  const error = `a number from 0 to 0x${max.toString(16)} (${max}), or as text, such as "0x${'1d6b'.slice(-digits)}"`;
  const text = z.string().regex(new RegExp(`^0x[0-9a-fA-F]{1,${digits}}$`), { error });
  return z.union([whole(0, max, error), text], { error }).meta({ id });
};

/** 0 to 0xff, also as hexadecimal text. */
export const byte = hexNumber(2, 'Byte');
/** 0 to 0xffff, also as hexadecimal text. */
export const word = hexNumber(4, 'Word');
/** 0 to 0xffffffff, also as hexadecimal text. */
export const doubleWord = hexNumber(8, 'DoubleWord');

const binaryCoded = (value: number): boolean => /^[0-9]+$/.test(value.toString(16));
const versionError = { error: 'a version as text in quotes, such as "1.05", or binary coded, such as 0x0105' };

/** YAML reads 1.00 as the number 1, which would mean 0.01; the schema refuses it. */
export const version = z
  .union(
    [
      z.string().regex(/^[0-9]{1,2}\.[0-9]{1,2}$/, versionError),
      whole(0x0100, 0x9999, versionError.error).refine(binaryCoded, versionError),
    ],
    versionError,
  )
  .meta({ id: 'Version' });

const shortText = { error: `at most ${STRING_LIMIT} bytes of UTF-8` };
const printable = { error: 'at least one character, and no control characters' };

// No pattern: JSON Schema does not say whether one has the flag `u`, without which surrogate pairs fall apart.
const oneText = z
  .string({ error: 'text' })
  .min(1, printable)
  .max(STRING_LIMIT, shortText)
  .refine((value) => !/[\p{Cc}\p{Cs}]/u.test(value), printable)
  .refine((value) => new TextEncoder().encode(value).length <= STRING_LIMIT, shortText);

/** Text that the host shows, in one language or several. */
export const text = z
  .union([oneText, z.record(z.string(), oneText)], {
    error: 'text, or an object with a text for each language, such as { "en-US": "Scope" }',
  })
  .meta({ id: 'Text' });

const bytesError = { error: 'bytes: a list of numbers from 0 to 255, or hexadecimal text such as "05 01 09 06"' };

/** Bytes. A file has a list of numbers or hexadecimal text; a program can also have an array. */
export const bytes = (z.unknown() as z.ZodType<Bytes>)
  .refine((value) => bytesOf(value) !== undefined, bytesError)
  .meta({
    id: 'Bytes',
    anyOf: [
      { type: 'array', items: { type: 'integer', minimum: 0, maximum: 255 } },
      { type: 'string', pattern: HEX_BYTES.source },
    ],
  });

export const yesOrNo = (description: string) => z.boolean({ error: 'true or false' }).meta(field(description));

export const oneOf = <const V extends readonly [string, ...string[]]>(...values: V) =>
  z.enum(values, { error: `"${values.slice(0, -1).join('", "')}" or "${values.at(-1)}"` });
