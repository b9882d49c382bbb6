import { InputError } from '@gadgetloom/core';

/** A backend and its options, as given in the option `backend` or in GADGETLOOM_BACKEND. */
export interface BackendSpec {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const FORM = 'write NAME, or NAME:OPTION=VALUE,... with options for it, as in "linux:virtual,heap=udmabuf"';

const OPTION = /^([A-Za-z][\w-]*)(?:\.([A-Za-z][\w-]*))?(?:=(.+))?$/;

/**
 * Parses `NAME[:OPTION[=VALUE],...]`. An option without a value is `true`; values that read as truth values or whole
 * numbers are those, all others are text. `OPTION.FIELD` is a field of an option that has several:
 * `dwc3:quirks.resetLosesSetup`.
 *
 * @param by the source of the text, for the message
 * @throws InputError the text has another form
 */
export function parseBackendSpec(text: string, by: string): BackendSpec {
  const colon = text.indexOf(':');
  if (colon < 0) return { name: text, options: {} };
  const options: Record<string, unknown> = {};
  const objects = new Map<string, Record<string, unknown>>();
  for (const part of text.slice(colon + 1).split(',')) {
    const [, option = '', field, value] = OPTION.exec(part) ?? [];
    if (field !== undefined && !Object.hasOwn(options, option)) {
      objects.set(option, {});
      options[option] = objects.get(option);
    }
    const place = field === undefined ? options : objects.get(option);
    const key = field ?? option;
    if (key === '' || place === undefined || Object.hasOwn(place, key))
      throw new InputError(`${by} is "${text}"; ${FORM}.`);
    place[key] = valueIn(value);
  }
  return { name: text.slice(0, colon), options };
}

function valueIn(text: string | undefined): unknown {
  if (text === undefined || text === 'true') return true;
  if (text === 'false') return false;
  return /^\d+$/.test(text) ? Number(text) : text;
}
