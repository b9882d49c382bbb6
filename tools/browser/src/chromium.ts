import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const PROGRAM = process.env['CHROMIUM'] ?? 'chromium';
const INSTALL =
  'Install it (sudo apt-get install --no-install-recommends chromium), or name another program in CHROMIUM.';

/**
 * Opens a page with a module in Chromium, and gives what the module posts to `/report`. The page comes from localhost,
 * which is a secure context.
 *
 * @throws Error Chromium cannot be started, or ends before the page has reported
 */
export async function reportOf(module: string): Promise<unknown> {
  const profile = mkdtempSync(join(tmpdir(), 'gadgetloom-chromium-'));
  const server = createServer();
  const posted = new Promise<unknown>((resolve) => {
    server.on('request', async (request) => {
      if (request.method === 'POST') resolve(JSON.parse(await text(request)));
    });
  });
  server.on('request', (request, response) => {
    const isModule = request.url === '/module.js';
    response.setHeader('content-type', isModule ? 'text/javascript' : 'text/html');
    response.end(isModule ? module : '<!doctype html><script type="module" src="module.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  // The sandbox of Chromium does not work as root, and this page is ours.
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    `--user-data-dir=${profile}`,
  ];
  const browser = spawn(PROGRAM, [...options, url], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  browser.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise<void>((resolve) => browser.once('close', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    browser.once('error', (error) => {
      reject(new Error(`${PROGRAM} cannot be started: ${error.message}. ${INSTALL}`));
    });
    void ended.then(() => reject(new Error(`${PROGRAM} ended before the page reported. It said:\n${said}`)));
  });
  try {
    return await Promise.race([posted, failed]);
  } finally {
    browser.kill();
    await ended;
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
