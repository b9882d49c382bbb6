import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  test: { name: 'readme', include: ['src/**/*.test.ts'], testTimeout: 60_000 },
});
