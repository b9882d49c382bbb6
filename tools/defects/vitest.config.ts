import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  // Each defect keeps one processor busy.
  test: { name: 'defects', include: ['src/**/*.test.ts'], maxConcurrency: 2 },
});
