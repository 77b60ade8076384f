import { defineConfig } from "vitest/config";
import { COMPILED } from "./test/support/compiled.ts";

Object.assign(process.env, COMPILED);

/** Tests against emulators that others wrote; `npm run test:peers` makes them ready. */
export default defineConfig({
  test: {
    include: ["adapters/**/*.peers.test.ts"],
    globalSetup: ["test/peers/moto.setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    experimental: { viteModuleRunner: false, nodeLoader: false },
    maxWorkers: 2,
  },
});
