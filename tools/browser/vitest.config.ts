import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { name: 'slow-browser', include: ['src/**/*.test.ts'], hookTimeout: 120_000 },
});
