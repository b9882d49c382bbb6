import type { DmaDirection } from '../scatter-list.ts';
import { PAGE_SIZE } from '../uapi.ts';

/** A run of addresses that a device may use, and the memory behind it. */
export interface Window {
  readonly start: number;
  /** Bytes. */
  readonly length: number;
  readonly memory: Uint8Array;
  /** Where the window begins in `memory`. */
  readonly offset: number;
  readonly direction: DmaDirection;
}

/** The windows of an address space, found by page. They may overlap: a buffer can be mapped more than once. */
export class Windows {
  readonly #byPage = new Map<number, Window[]>();
  #pages = 0;

  /** How many pages windows lie in. A page counts once for each of its windows. */
  get pages(): number {
    return this.#pages;
  }

  /** @param refused a direction that the window must not have */
  find(address: number, refused?: DmaDirection): Window | undefined {
    const windows = this.#byPage.get(Math.floor(address / PAGE_SIZE));
    if (windows === undefined) return undefined;
    for (const window of windows) if (contains(window, address) && window.direction !== refused) return window;
    return undefined;
  }

  /** A window without bytes is left out: nothing can be found there. */
  add(window: Window): void {
    for (const page of pagesOf(window)) {
      const windows = this.#byPage.get(page);
      if (windows === undefined) this.#byPage.set(page, [window]);
      else windows.push(window);
      this.#pages++;
    }
  }

  /** Removes one window with the same addresses, memory and direction, if there is one. */
  remove({ start, length, memory, direction }: Window): void {
    const same = (it: Window): boolean =>
      it.start === start && it.length === length && it.memory === memory && it.direction === direction;
    const found = this.#byPage.get(Math.floor(start / PAGE_SIZE))?.find(same);
    if (found === undefined) return;
    for (const page of pagesOf(found)) {
      const windows = this.#byPage.get(page)!;
      if (windows.length === 1) this.#byPage.delete(page);
      else windows.splice(windows.indexOf(found), 1);
      this.#pages--;
    }
  }
}

/** Whether an address is in a window. */
export function contains({ start, length }: Window, address: number): boolean {
  return address >= start && address < start + length;
}

function* pagesOf({ start, length }: Window): Generator<number> {
  if (length === 0) return;
  for (let page = Math.floor(start / PAGE_SIZE); page * PAGE_SIZE < start + length; page++) yield page;
}
