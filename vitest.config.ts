import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{adapters,controller,scripts,test}/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.peers.test.ts"],
    globalSetup: ["test/support/postgres.setup.ts", "test/kubernetes/environment/shared.setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Much of what is tested waits for servers: one worker more than there are cores.
    maxWorkers: availableParallelism() + 1,
  },
});
