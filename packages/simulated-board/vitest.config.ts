import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  test: { name: 'simulated-board', include: ['src/**/*.test.ts'] },
});
