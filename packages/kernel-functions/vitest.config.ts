import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  test: { name: 'kernel-functions', include: ['src/**/*.test.ts'] },
});
