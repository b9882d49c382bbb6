import { open, readFile, rename, rm } from 'node:fs/promises';
import type { DownloadHandler, UploadHandler } from '../dfu-machine.ts';

/**
 * Handlers that keep the image in a file. An image is written under another name first, so that the file is whole
 * whatever happens.
 */
export function fileHandlers(file: string): { download: DownloadHandler; upload: UploadHandler } {
  return {
    async download(image) {
      const draft = `${file}.part`;
      try {
        const handle = await open(draft, 'w');
        try {
          for await (const block of image) await handle.writeFile(block);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(draft, file);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
    upload: () => readFile(file),
  };
}
