import { piecesTarget, type ScenarioTarget } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';
import { backendOption } from './backend-option.ts';
import { knownBackends } from './backends.ts';
import { loadPlugins } from './plugin-modules.ts';

/** The options of the command line that choose the target of scenarios. */
export interface ScenarioTargetOptions {
  readonly backend?: string;
  /** Modules; see {@link loadPlugins}. */
  readonly plugin?: readonly string[];
}

/**
 * Makes the target from a backend, from plugins, or from a backend with plugins that add or replace pieces.
 *
 * @throws UsageError there is no such backend
 * @throws InputError there is no such plugin
 */
export async function scenarioTarget({ backend: name, plugin }: ScenarioTargetOptions): Promise<ScenarioTarget> {
  const plugins = await loadPlugins(plugin ?? []);
  const added = plugins.map((each) => each.name);
  if (name === undefined && plugins.length > 0)
    return piecesTarget(added.join(' + '), () => composePieces({ plugins }));
  // Recordings and requirements were made on a high-speed bus.
  const backends = knownBackends({ speed: 'high' });
  const backend = backendOption(name, backends);
  const composed = () => composePieces({ backends, backend, overrides: plugins });
  return piecesTarget([backend ?? backends[0]!.name, ...added].join(' + '), composed);
}
