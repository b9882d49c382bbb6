import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'vite';
import { breakSource } from './break-source.ts';
import type { Defect } from './defect.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const ENTRY = fileURLToPath(new URL('../src/examination.ts', import.meta.url));
/** What a module has that others can import; types are gone when it runs. */
const EXPORTED = /^export (?:abstract )?(?:async )?(?:class|const|function) (\w+)/gm;

/** The model with every defect in it, and the suite: a program that a worker runs, which says which defect there is. */
export interface Suspects extends Disposable {
  readonly program: URL;
}

/**
 * Bundles model and suite once for all defects. Each file with defects becomes several modules, one for each and one that
 * is sound; which of them the others get is decided by the worker's data.
 *
 * @throws Error a defect does not fit its file any more, or its file is not part of the model any more
 */
export async function bundleSuspects(defects: readonly Defect[]): Promise<Suspects> {
  const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-defects-'));
  const remove = (): void => rmSync(folder, { recursive: true });
  const unmet = new Set(defects.map(({ file }) => file));
  try {
    await build({
      ...{ root: ROOT, configFile: false, logLevel: 'error' },
      ssr: { noExternal: true, resolve: { conditions: ['@gadgetloom/source'] } },
      plugins: [variants(defects, unmet)],
      build: { ssr: ENTRY, outDir: folder, emptyOutDir: false, minify: false, target: 'node20' },
    });
    if (unmet.size > 0) throw new Error(`No part of the model any more: ${[...unmet].join(', ')}.`);
  } catch (error) {
    remove();
    throw error;
  }
  return { program: pathToFileURL(join(folder, 'examination.js')), [Symbol.dispose]: remove };
}

function variants(all: readonly Defect[], unmet: Set<string>): Plugin {
  return {
    name: 'defects',
    enforce: 'pre',
    load(id) {
      const [path = '', variant] = id.split('?variant=');
      const file = path.slice(ROOT.length);
      const defects = all.filter((defect) => defect.file === file);
      if (defects.length === 0) return undefined;
      unmet.delete(file);
      const source = readFileSync(path, 'utf8');
      if (variant === undefined) return choice(path, source, defects);
      const defect = defects.find((each) => each.id === variant);
      return defect === undefined ? source : breakSource(source, defect);
    },
  };
}

/** A module that passes on the exports of one of its variants. */
function choice(path: string, source: string, defects: readonly Defect[]): string {
  const names = [...source.matchAll(EXPORTED)].map(([, name]) => name);
  const variant = (id: string): string => JSON.stringify(`${path}?variant=${id}`);
  const variants = defects.map(({ id }) => `${JSON.stringify(id)}: () => import(${variant(id)})`);
  return `import { workerData } from 'node:worker_threads';
import * as sound from ${variant('sound')};
const variants = { ${variants.join(', ')} };
export const { ${names.join(', ')} } = (await variants[workerData.defect]?.()) ?? sound;`;
}
