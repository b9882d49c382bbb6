import { bytesOf } from './parameters.ts';

/**
 * A long answer that is made piece by piece, such as a waveform. The pieces are written straight into the memory that
 * the controller sends.
 */
export interface Waveform {
  /** Bytes in all. */
  readonly length: number;
  /** Writes the bytes from `at` on into the whole of `into`. */
  readonly write: (at: number, into: Uint8Array) => void | Promise<void>;
}

/** What a query may answer. Bytes and waveforms are sent as blocks of definite length, and lists with commas. */
export type ScpiAnswer = string | number | bigint | boolean | Uint8Array | Waveform | readonly (string | number)[];

/** A part of a response. */
export type ResponsePart = Uint8Array | Waveform;

/** The parts of an answer as it is sent. @throws TypeError it is no answer */
export function answerParts(answer: unknown): ResponsePart[] {
  if (answer instanceof Uint8Array || isWaveform(answer)) {
    const length = String(answer.length);
    return [bytesOf(`#${length.length}${length}`), answer];
  }
  return [bytesOf(plain(answer))];
}

function plain(answer: unknown): string {
  switch (typeof answer) {
    case 'string':
      return answer;
    case 'number':
    case 'bigint':
      return number(answer);
    case 'boolean':
      return answer ? '1' : '0';
    default:
      if (Array.isArray(answer))
        return answer.map((item) => (typeof item === 'number' ? number(item) : item)).join(',');
      throw new TypeError(`a query answered ${String(answer)}, which is no ScpiAnswer.`);
  }
}

/** Not-a-number and infinity have numbers of their own (SCPI 1999, volume 1, 7.2.1.4 and 7.2.1.5). */
function number(value: number | bigint): string {
  if (value === Number.POSITIVE_INFINITY) return '9.9E37';
  if (value === Number.NEGATIVE_INFINITY) return '-9.9E37';
  return Number.isNaN(value) ? '9.91E37' : String(value).toUpperCase();
}

/** True for a waveform. */
export function isWaveform(answer: unknown): answer is Waveform {
  return typeof answer === 'object' && answer !== null && 'write' in answer && 'length' in answer;
}
