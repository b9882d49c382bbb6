import { InvalidArgumentError } from 'commander';

/** A number of the command line that is above zero. @throws InvalidArgumentError it is none */
export function positive(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number <= 0)
    throw new InvalidArgumentError('It has to be a number above 0.');
  return number;
}

/** A count of the command line. @throws InvalidArgumentError it is none */
export function positiveInteger(text: string): number {
  const number = positive(text);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('It has to be a whole number.');
  return number;
}
