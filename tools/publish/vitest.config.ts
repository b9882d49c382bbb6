import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'slow-publish',
    include: ['src/**/*.test.ts'],
    hookTimeout: 240_000,
    // Installing keeps one processor busy.
    maxConcurrency: 2,
  },
});
