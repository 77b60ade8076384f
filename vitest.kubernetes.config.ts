import { defineConfig } from "vitest/config";
import { COMPILED } from "./test/support/compiled.ts";

Object.assign(process.env, COMPILED);

/** Tests against a real API server; `npm run test:kubernetes` makes its programs ready. They are part of `npm test` too. */
export default defineConfig({
  test: {
    include: ["{adapters,controller,scripts,test}/**/*.kubernetes.test.ts"],
    globalSetup: ["test/support/postgres.setup.ts", "test/kubernetes/environment/shared.setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 90_000,
    pool: "forks",
    experimental: { viteModuleRunner: false, nodeLoader: false },
    maxWorkers: 2,
  },
});
