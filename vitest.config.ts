import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { COMPILED } from "./test/support/compiled.ts";
import { InTurns } from "./test/support/order.ts";

// For the workers, and for what they start.
Object.assign(process.env, COMPILED);

export default defineConfig({
  test: {
    include: ["{adapters,controller,scripts,test}/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.peers.test.ts"],
    globalSetup: ["test/support/postgres.setup.ts", "test/kubernetes/environment/shared.setup.ts"],
    // Only for what hangs: many tests start programs, which a busy machine makes slow.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: "forks",
    // Node itself strips the types, as it does for the controller: nothing is transformed, and nothing here is mocked by its module.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Much of what is tested waits for servers: one worker more than there are cores.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: InTurns },
  },
});
