/**
 * Keeps the transfers of one endpoint in the order of their calls. A transfer without a copy is queued at once. A copied
 * one holds the endpoint file until it is over (f_fs.c, ffs_epfile_io), so the next copied one waits for it, and whatever
 * was called later waits too.
 */
export class TransferOrder {
  /** Settles when the last transfer has begun. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Settles when the last copied transfer is over. */
  #copy: Promise<unknown> = Promise.resolve();

  /**
   * Begins a transfer in its turn.
   *
   * @param copied it reads or writes the endpoint file
   * @param begin begins it, or throws; it is called without a wait where nothing is in the way
   */
  async add<T>(copied: boolean, begin: () => Promise<T>): Promise<T> {
    const before = copied ? this.#turn.then(() => this.#copy) : this.#turn;
    const begun = before.then(() => {
      const over = begin();
      const settled = over.then(ignore, ignore);
      if (copied) this.#copy = settled;
      return { over };
    });
    this.#turn = begun.then(ignore, ignore);
    return (await begun).over;
  }
}

const ignore = (): void => {};
