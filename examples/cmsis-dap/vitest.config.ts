import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  test: { name: 'example-cmsis-dap', include: ['src/**/*.test.ts'] },
});
