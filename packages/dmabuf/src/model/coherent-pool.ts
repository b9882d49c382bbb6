import { PAGE_SIZE } from '../uapi.ts';
import { allocateMemory } from './pages.ts';

/** Pages that are made at a time. */
const CHUNK_PAGES = 40;

/** Some pages of an array. */
export interface PoolPages {
  readonly memory: Uint8Array;
  /** Where they begin. */
  readonly offset: number;
}

/** Pages for descriptors: many small pieces out of one array, which whoever reads them all then has to know. */
export class CoherentPool {
  #chunk: Uint8Array | undefined = undefined;
  #used = 0;
  /** Pieces that were given back, by their pages. */
  readonly #free = new Map<number, PoolPages[]>();

  /** Zeroed pages. @throws KernelError ENOMEM */
  take(pages: number): PoolPages {
    const again = this.#free.get(pages)?.pop();
    if (again !== undefined) {
      again.memory.fill(0, again.offset, again.offset + pages * PAGE_SIZE);
      return again;
    }
    if (pages > CHUNK_PAGES) return { memory: allocateMemory(pages * PAGE_SIZE), offset: 0 };
    if (this.#chunk === undefined || this.#used + pages > CHUNK_PAGES) {
      this.#chunk = allocateMemory(CHUNK_PAGES * PAGE_SIZE);
      this.#used = 0;
    }
    const offset = this.#used * PAGE_SIZE;
    this.#used += pages;
    return { memory: this.#chunk, offset };
  }

  give(pages: number, piece: PoolPages): void {
    const free = this.#free.get(pages);
    if (free === undefined) this.#free.set(pages, [piece]);
    else free.push(piece);
  }
}
