import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The package's own name resolves to src, as with `tsx -C quantwright-source`: no build before the tests.
  resolve: { conditions: ['quantwright-source'] },
  ssr: { resolve: { conditions: ['quantwright-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/packages/**', '**/node_modules/**'],
    pool: 'forks',
    testTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});
