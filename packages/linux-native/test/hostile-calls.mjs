// Calls every function of the addon with arguments that nobody should pass: wrong types, detached and shrunken arrays,
// numbers at the edges of their ranges, objects closed in the middle of a call. Ends with "survived", or not at all.
// Arguments: file of the addon, folder that may be written to, seed, calls per function.
import { createRequire } from 'node:module';
import { chdir } from 'node:process';

const [file, folder, seed, rounds] = process.argv.slice(2);
const addon = createRequire(import.meta.url)(file);
chdir(folder);

let state = Number(seed);
/** A whole number from 0 to below `limit`: Marsaglia's xorshift32. */
function random(limit) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}
const oneOf = (values) => values[random(values.length)];

function detached(Type) {
  const array = new Type(300);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}
function shrunken(Type, ...view) {
  const buffer = new ArrayBuffer(4096, { maxByteLength: 8192 });
  const array = new Type(buffer, ...view);
  buffer.resize(0);
  return array;
}
const memory = addon.memfd('hostile', 65_536, 0);
const [buffer, handle] = addon.mmap(memory, 65_536, 0);

// Small numbers are descriptors of Node's own, which are not for us to close.
const DESCRIPTORS = [-1, memory, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 1e6];
const NUMBERS = [0, 1, -1, 7, 64, 4096, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, -(2 ** 53)];
const makeValues = () => [
  ...NUMBERS,
  ...[-0, 0.5, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 2 ** 63],
  ...['', 'a', 'a\0b', 'x'.repeat(5000), '\ud800', 'functionfs', '/dev/null'],
  ...[undefined, null, true, 1n, Symbol.iterator, {}, [], [1, 2], () => 1, new Proxy({}, {})],
  ...[{ valueOf: () => 1 }, { toString: () => 'a' }, { length: 2 ** 40 }],
  ...[new Uint8Array(8), new Uint8Array(100), new Uint8Array(4096), new Uint8Array(0), detached(Uint8Array)],
  ...[new Int32Array(254).fill(-1), new Int32Array(8).fill(2 ** 31 - 1), new Int32Array(0), detached(Int32Array)],
  ...[new Uint8Array(new SharedArrayBuffer(64)), new Int32Array(new SharedArrayBuffer(4096)).fill(-1)],
  ...[shrunken(Uint8Array), shrunken(Uint8Array, 8, 56), shrunken(Int32Array), shrunken(Int32Array, 8, 254)],
  ...[new Float64Array(8), new DataView(new ArrayBuffer(64)), new ArrayBuffer(64), Buffer.alloc(64).subarray(3)],
  ...[buffer, handle, new Uint8Array(buffer)],
];

let made = makeValues();
/** Anything that can be passed. Making it all takes longer than a call, so it is used for a while. */
function value() {
  if (random(256) === 0) made = makeValues();
  return oneOf(made);
}
const someValues = () => Array.from({ length: random(6) }, value);

/** What a call may do: throw, or give something back. */
function attempt(call) {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error;
  }
}

function callFunctions() {
  for (const [name, called] of Object.entries(addon)) {
    if (typeof called !== 'function') continue;
    for (let round = 0; round < rounds; round++) {
      const words = random(8) === 0 ? someValues() : [oneOf(DESCRIPTORS), ...someValues()];
      // As a descriptor, a small number would be one of Node's.
      if (typeof words[0] === 'number' && words[0] >= 0 && !DESCRIPTORS.includes(words[0])) words[0] = -1;
      const result = attempt(() => called.apply(oneOf([addon, undefined, {}]), words));
      if (typeof result === 'number' && result > 2 && MAKERS.has(name)) addon.close(result);
    }
  }
  addon.transferIntegers.set([oneOf(DESCRIPTORS), oneOf(DESCRIPTORS)]);
  for (const length of NUMBERS) {
    addon.transferNumbers[0] = length;
    addon.dmabufTransfer();
  }
}
const MAKERS = new Set(['dup', 'memfd', 'eventfd', 'unixListen', 'unixConnect', 'unixAccept', 'syncMerge']);

/** A class whose objects close themselves wherever a property of theirs is assigned or read. */
function closingItself(Class) {
  const getters = Object.fromEntries(
    ['time', 'ready', 'syncFiles', 'done', 'fd'].map((name) => [
      name,
      {
        configurable: true,
        get() {
          this.close();
          return new Int32Array(192);
        },
        set() {
          this.close();
        },
      },
    ]),
  );
  class Closing extends Class {}
  Object.defineProperties(Closing.prototype, getters);
  return () => {
    const object = new Closing(() => {});
    if (random(2) === 0) for (const name of Object.keys(object)) Object.defineProperty(object, name, getters[name]);
    return object;
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function callMethods(Class) {
  const make = closingItself(Class);
  const methods = Object.getOwnPropertyNames(Class.prototype).filter((name) => name !== 'constructor');
  // The kernel takes a hundredth of a second to end an Aio.
  for (let round = 0; round < (Class === addon.Aio ? rounds / 10 : rounds); round++) {
    const object = random(2) === 0 ? make() : new Class(() => object.close());
    for (let call = 0; call < 20; call++) {
      const first = Class === addon.Usbfs ? oneOf(NUMBERS) : oneOf(DESCRIPTORS);
      attempt(() => object[oneOf(methods)](first, ...someValues()));
      if (random(8) === 0) await turn();
    }
    if (random(2) === 0) object.close();
    if (round % 64 === 0) globalThis.gc?.();
  }
  await turn();
}

callFunctions();
for (const Class of [addon.Poller, addon.Aio, addon.Usbfs]) await callMethods(Class);
globalThis.gc?.();
await turn();
console.log('survived');
process.exit();
