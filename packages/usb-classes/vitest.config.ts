import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  test: { name: 'usb-classes', include: ['src/**/*.test.ts'] },
});
