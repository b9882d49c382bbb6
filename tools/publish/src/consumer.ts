import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInBrowser } from './browser.ts';
import { type Release, root, type Tarball } from './release.ts';
import { shell } from './shell.ts';
import { compileStrictly } from './strict-compiler.ts';

/** A program outside the repository in which releases are installed from their tarballs. */
export class Consumer {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Installs releases, and no other packages of ours, in a new folder. */
  static async install(folder: string, wanted: readonly Release[], tarballs: Map<Release, Tarball>): Promise<Consumer> {
    const dependencies = wanted.map((release) => [release.name, `file:${tarballs.get(release)?.file}`]);
    mkdirSync(folder, { recursive: true });
    const manifest = { private: true, type: 'module', dependencies: Object.fromEntries(dependencies) };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    await shell('npm', ['install', ...quietly], folder);
    return new Consumer(folder);
  }

  /** Compiles a TypeScript program under strict settings, with the types of Node if it is for Node. */
  compile(name: string, code: string, { forNode }: { forNode: boolean }): void {
    const file = join(this.#folder, `${name}.ts`);
    writeFileSync(file, code);
    compileStrictly(file, forNode);
  }

  /** Compiles a TypeScript program as a project with this tsconfig.json. The types of Node are installed. */
  async compileProject(tsconfig: string, name: string, code: string): Promise<void> {
    writeFileSync(join(this.#folder, 'tsconfig.json'), tsconfig);
    writeFileSync(join(this.#folder, `${name}.ts`), code);
    cpSync(join(root, 'node_modules/@types/node'), join(this.#folder, 'node_modules/@types/node'), { recursive: true });
    cpSync(join(root, 'node_modules/undici-types'), join(this.#folder, 'node_modules/undici-types'), {
      recursive: true,
    });
    await shell(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], this.#folder);
  }

  /** Runs a compiled program and returns its output. */
  run(name: string): Promise<string> {
    return shell(process.execPath, [`${name}.js`], this.#folder);
  }

  /** Runs a compiled program as in a browser until it has printed `lines` lines, and returns its output. */
  runInBrowser(name: string, lines: number): Promise<string> {
    return runInBrowser(this.#folder, name, lines);
  }

  /** Runs a command of an installed package. */
  runBin(name: string, ...args: string[]): Promise<string> {
    return shell(join(this.#folder, 'node_modules/.bin', name), args, this.#folder);
  }
}
