import { defineConfig } from "vitest/config";

/** Tests against emulators that others wrote; `npm run test:peers` makes them ready. */
export default defineConfig({
  test: {
    include: ["adapters/**/*.peers.test.ts"],
    globalSetup: ["test/peers/moto.setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
