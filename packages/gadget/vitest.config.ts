import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  // Property tests compose whole stacks, which takes seconds where the processor is shared.
  test: { name: 'gadget', include: ['src/**/*.test.ts'], testTimeout: 30_000 },
});
