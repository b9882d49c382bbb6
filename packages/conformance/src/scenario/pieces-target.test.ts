import { mock } from '@gadgetloom/backend-mock';
import { composePieces, provide } from '@gadgetloom/gadget';
import { HOST_END } from '@gadgetloom/virtual-host';
import { describe, expect, it } from 'vitest';
import { InProcessScenarioHost } from './in-process-host.ts';
import { parseScenarios } from './parse.ts';
import { piecesTarget } from './pieces-target.ts';
import { playScenario } from './play.ts';
import { SCENARIO_HOST } from './target.ts';

const [scenario] = parseScenarios('scenario one\n  bind\n  hostout ep2 512 150 1\n  hosthalt ep1\n');

describe('scenarios on composed pieces', () => {
  it('are played against the host end among them', async () => {
    const target = piecesTarget('mock', () => composePieces({ plugins: [mock()] }));
    expect(await playScenario(scenario!, target)).toEqual(['0', 'ETIMEDOUT', '0']);
  });

  it('are played against the host that a plugin provides, which is closed after each', async () => {
    const asked: string[] = [];
    class Elsewhere extends InProcessScenarioHost implements Disposable {
      override async halt(endpoint: number): Promise<void> {
        asked.push(`halt ${endpoint}`);
        await super.halt(endpoint);
      }

      [Symbol.dispose](): void {
        asked.push('closed');
      }
    }
    const host = provide(SCENARIO_HOST, (pieces) => new Elsewhere(pieces.resolve(HOST_END)));
    const target = piecesTarget('mock', () => composePieces({ plugins: [mock(), host] }));
    expect(await playScenario(scenario!, target)).toEqual(['0', 'ETIMEDOUT', '0']);
    expect(asked).toEqual(['halt 0', 'closed']);
  });
});
