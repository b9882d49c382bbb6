import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  // Templates are working packages. The test of the backend is in not-yet.test.ts: requirements that do not apply are skipped.
  test: { name: 'nx', include: ['src/**/*.test.ts', 'templates/function/**/*.test.ts'] },
});
