import { KernelError, type OpenFile } from '@gadgetloom/core';
import type { DmaFences } from '../fence.ts';
import type { SyncFile } from '../sync-file.ts';
import { mergeFences } from './fence-unwrap.ts';
import type { DmaBufModel } from './model.ts';
import { SyncFileModel } from './sync-file-model.ts';

const MERGE = 'SYNC_IOC_MERGE';

/** The fence port of the model. */
export class SyncFences implements DmaFences {
  readonly #model: DmaBufModel;

  constructor(model: DmaBufModel) {
    this.#model = model;
  }

  /** @throws KernelError EBADF, ENOTTY `first` is closed, or not a sync file; EMFILE; ENOENT */
  merge(name: string, first: SyncFile, second: OpenFile): SyncFileModel {
    if (first.fd < 0) throw new KernelError('EBADF', MERGE, 'The first sync file has been closed.');
    if (!this.#isSyncFile(first)) throw new KernelError('ENOTTY', MERGE, 'The first file is not a sync file.');
    this.#model.files.assertRoom(MERGE);
    if (!this.#isSyncFile(second)) throw new KernelError('ENOENT', MERGE, 'The second file is not an open sync file.');
    return this.#model.syncFile(mergeFences(this.#model, [first.fence, second.fence]), name, MERGE);
  }

  #isSyncFile(file: OpenFile): file is SyncFileModel {
    return file instanceof SyncFileModel && file.model === this.#model && file.fd >= 0;
  }
}
