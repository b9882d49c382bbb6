import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { shell } from './shell.ts';

/** Globals that Node has and browsers do not have. */
const nodeGlobals = ['Buffer', 'process', 'global', 'setImmediate', 'clearImmediate'];

/** Loads a bundle without the globals of Node. Ends after the expected number of lines, or after a timeout. */
const page = `
const { process, console } = globalThis;
const [, , bundle, lines] = process.argv;
let printed = 0;
const print = console.log.bind(console);
console.log = (...values) => {
  print(...values);
  printed++;
};
// Node creates these on first use and needs the removed globals for it.
void MessageEvent;
for (const name of ${JSON.stringify(nodeGlobals)}) delete globalThis[name];
await import(bundle);
for (let patience = 100; printed < Number(lines) && patience > 0; patience--)
  await new Promise((resolve) => setTimeout(resolve, 50));
process.exit();
`;

/**
 * Bundles a compiled program for a web page, and runs it without anything of Node.
 *
 * @param lines number of lines that it should print
 * @returns the output
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
