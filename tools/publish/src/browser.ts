import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { shell } from './shell.ts';

/** What Node has and browsers have not. */
const nodeGlobals = ['Buffer', 'process', 'global', 'setImmediate', 'clearImmediate'];

/** Loads a bundle where nothing of Node is left, and ends once it printed as many lines as it should, or in a while. */
const page = `
const { process, console } = globalThis;
const [, , bundle, lines] = process.argv;
let printed = 0;
const print = console.log.bind(console);
console.log = (...values) => {
  print(...values);
  printed++;
};
// Node itself makes these on first use, with the help of what is about to go.
void MessageEvent;
for (const name of ${JSON.stringify(nodeGlobals)}) delete globalThis[name];
await import(bundle);
for (let patience = 100; printed < Number(lines) && patience > 0; patience--)
  await new Promise((resolve) => setTimeout(resolve, 50));
process.exit();
`;

/**
 * Bundles a compiled program as a web page would have it, and runs it without anything of Node.
 *
 * @param lines how many lines it should print
 * @returns what it printed
 */
export async function runInBrowser(folder: string, name: string, lines: number): Promise<string> {
  const outDir = join(folder, `${name}-bundle`);
  await build({
    configFile: false,
    logLevel: 'silent',
    root: folder,
    build: {
      outDir,
      target: 'es2023',
      minify: false,
      lib: { entry: join(folder, `${name}.js`), formats: ['es'], fileName: () => 'bundle.mjs' },
    },
  });
  const script = join(outDir, 'page.mjs');
  writeFileSync(script, page);
  return shell(process.execPath, [script, join(outDir, 'bundle.mjs'), String(lines)], folder);
}
