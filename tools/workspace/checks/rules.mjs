import { checkBoundaries } from './boundaries.mjs';
import { checkBrowser } from './browser.mjs';
import { checkCycles } from './cycles.mjs';
import { checkDependencies } from './dependencies.mjs';
import { checkDocumentation } from './documentation.mjs';
import { checkIndexFiles, checkLength, checkNames, checkTestsRun } from './files.mjs';
import { checkLayerChain } from './layer-chain.mjs';
import { checkManifests } from './manifests.mjs';
import { checkCasts, checkModuleState } from './plain-code.mjs';
import { checkReferences } from './references.mjs';
import { checkChangesets, checkLockFile } from './release.mjs';

/** The rules of the house, by the names under which their violations are reported. */
export const rules = {
  'package-boundary': checkBoundaries,
  'layer-chain': checkLayerChain,
  references: checkReferences,
  dependencies: checkDependencies,
  'import-cycle': checkCycles,
  'file-length': checkLength,
  'file-name': checkNames,
  'index-exports': checkIndexFiles,
  documentation: checkDocumentation,
  'module-state': checkModuleState,
  casts: checkCasts,
  'tests-run': checkTestsRun,
  browser: checkBrowser,
  manifest: checkManifests,
  changesets: checkChangesets,
  'lock-file': checkLockFile,
};
