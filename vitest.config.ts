import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{adapters,controller,scripts,test}/**/*.test.ts"],
    globalSetup: ["test/support/postgres.setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
  },
});
