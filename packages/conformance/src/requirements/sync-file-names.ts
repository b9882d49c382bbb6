import { DMA_BUF_SYNC_RW } from '@gadgetloom/dmabuf';
import { ScenarioSession } from '../scenario/session.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import type { Requirement } from './requirement.ts';

const LENGTH = 4096;
const LONGEST = 31;

function expectName(what: string, found: string, expected: RegExp): void {
  if (!expected.test(found)) throw new Error(`${what} is called ${JSON.stringify(found)}.`);
}

async function names(stack: ScenarioStack): Promise<void> {
  await using session = await ScenarioSession.open(stack);
  await session.gadget.bind();
  await stack.host.configured();
  const endpoint = session.endpoint('ep2');
  const buffer = stack.exporter.allocate({ size: LENGTH });
  session.keep('b0', buffer);
  using idle = buffer.exportSyncFile(DMA_BUF_SYNC_RW);
  expectName('The sync file of a buffer at rest', idle.info().name, /^stub-stub0-0$/);
  endpoint.attach(buffer);
  await endpoint.transferBlocking(buffer, LENGTH);
  using busy = buffer.exportSyncFile(DMA_BUF_SYNC_RW);
  expectName('The sync file of a transfer', busy.info().name, /^functionfs-[1-9]\d*-[1-9]\d*$/);
  const long = 'x'.repeat(LONGEST + 1);
  using merged = stack.fences.merge(long, idle, busy);
  expectName('A merged sync file', merged.info().name, /^x{31}$/);
}

/** How sync files are called. */
export const SYNC_FILE_NAMES: Requirement = {
  id: 'fence-names',
  sentence: 'A sync file is called after its fence, or as whoever merged it said, in at most 31 characters.',
  ...{ source: 'sync_file.c, sync_file_get_name and sync_file_merge', needs: ['scatter-gather'], proof: names },
};
