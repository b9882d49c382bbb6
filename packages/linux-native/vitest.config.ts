import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  test: { name: 'linux-native', include: ['src/**/*.test.ts'], globalSetup: ['./build.mjs'] },
});
