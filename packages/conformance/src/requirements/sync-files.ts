import { isKernelError, MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import { DMA_BUF_SYNC_RW, type SyncFile } from '@gadgetloom/dmabuf';
import { ScenarioSession } from '../scenario/session.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import type { Requirement } from './requirement.ts';

const LENGTH = 4096;
const LONGEST = 31;
/** How long a transfer may take, on a busy machine and in real time. */
const PATIENCE = 10 * SECOND;

function expectName(what: string, found: string, expected: RegExp): void {
  if (!expected.test(found)) throw new Error(`${what} is called ${JSON.stringify(found)}.`);
}

/** A sync file of a transfer from the host that is under way, among what the proof is to close. */
async function withTransfer(
  stack: ScenarioStack,
  prove: (file: SyncFile, session: ScenarioSession) => Promise<void>,
): Promise<void> {
  await using session = await ScenarioSession.open(stack);
  await session.gadget.bind();
  await stack.host.configured();
  const endpoint = session.endpoint('ep2');
  const buffer = stack.exporter.allocate({ size: LENGTH });
  session.keep('b0', buffer);
  endpoint.attach(buffer);
  await endpoint.transferBlocking(buffer, LENGTH);
  using file = buffer.exportSyncFile(DMA_BUF_SYNC_RW);
  await prove(file, session);
}

async function names(stack: ScenarioStack): Promise<void> {
  using buffer = stack.exporter.allocate({ size: LENGTH });
  using idle = buffer.exportSyncFile(DMA_BUF_SYNC_RW);
  expectName('The sync file of a buffer at rest', idle.info().name, /^stub-stub0-0$/);
  await withTransfer(stack, async (busy) => {
    expectName('The sync file of a transfer', busy.info().name, /^functionfs-[1-9]\d*-[1-9]\d*$/);
    const long = 'x'.repeat(LONGEST + 1);
    using merged = stack.fences.merge(long, idle, busy);
    expectName('A merged sync file', merged.info().name, /^x{31}$/);
  });
}

async function tells(stack: ScenarioStack): Promise<void> {
  // A clock may begin at 0.
  await sleep(stack.clock, MILLISECOND);
  await withTransfer(stack, async (file, session) => {
    const expectFence = (when: string, over: boolean): void => {
      const { fences } = file.info();
      const [fence] = fences;
      const told = JSON.stringify(fences);
      if (fences.length !== 1 || fence?.driverName !== 'functionfs' || fence.objectName !== '')
        throw new Error(`The fences ${when} are ${told}; there should be one of functionfs, without a timeline.`);
      if (fence.timestamp > 0 !== over) throw new Error(`The fence ${when} has the time ${fence.timestamp}.`);
    };
    expectFence('of a transfer', false);
    await stack.host.bulkOut(session.endpointIndex('ep2'), new Uint8Array(LENGTH), PATIENCE);
    await file.ready(PATIENCE);
    expectFence('of a transfer that is over', true);
  });
}

async function deadline(stack: ScenarioStack): Promise<void> {
  await withTransfer(stack, async (file) => {
    file.setDeadline(0);
    file.setDeadline(stack.clock.now() + SECOND);
    if (file.info().status !== 0) throw new Error('A deadline has ended a transfer.');
    file.close();
    try {
      file.setDeadline(0);
    } catch (refusal) {
      if (isKernelError(refusal) && refusal.code === 'EBADF') return;
      throw refusal;
    }
    throw new Error('A sync file that is closed has taken a deadline.');
  });
}

/** What sync files are called, and what they tell. */
export const SYNC_FILES: readonly Requirement[] = [
  {
    id: 'fence-names',
    sentence: 'A sync file has the name of its fence or the name given when merging, with at most 31 characters.',
    ...{ source: 'sync_file.c, sync_file_get_name and sync_file_merge', needs: ['scatter-gather'], proof: names },
  },
  {
    id: 'fence-tells',
    sentence:
      'The fence of a transfer belongs to functionfs, has no timeline, and has a timestamp once it has signaled.',
    source: 'sync_file.c, sync_fill_fence_info; f_fs.c, ffs_dmabuf_get_driver_name and ffs_dmabuf_get_timeline_name',
    ...{ needs: ['scatter-gather'], proof: tells },
  },
  {
    id: 'fence-deadline',
    sentence: 'A deadline is a hint and ends no transfer. On a closed sync file it fails: EBADF.',
    ...{ source: 'sync_file.c, sync_file_ioctl_set_deadline', needs: ['scatter-gather'], proof: deadline },
  },
];
