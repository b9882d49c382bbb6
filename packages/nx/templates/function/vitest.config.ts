import { defineConfig } from 'vitest/config';

// Of its own: vitest would take that of a folder above.
export default defineConfig({ test: { dir: 'src' } });
