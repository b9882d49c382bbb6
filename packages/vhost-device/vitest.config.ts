import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  test: { name: 'vhost-device', include: ['src/**/*.test.ts'], globalSetup: ['../linux-native/build.mjs'] },
});
