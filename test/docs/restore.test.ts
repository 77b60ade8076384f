/** The how-to of a restored ledger, on one. */
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { request, RestoredWorld } from "../restored/world.ts";
import { blocksOf } from "./markdown.ts";
import { faultsOf, runBlocks } from "./shell.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

it("the how-to of a restored ledger does what it says", { timeout: 90_000 }, async () => {
  await using world = await RestoredWorld.open();
  const home = world.remote.folder;
  await writeFile(join(home, ".gitconfig"), "[user]\n  name = Ana\n"); // who accepts
  await symlink(join(ROOT, "velvet"), join(home, "velvet"));
  await world.start();
  await world.stopAll();
  const backup = await world.backup();
  await world.start();
  await world.commit(request("after"));
  await world.request("after", "done");
  await world.stopAll();
  const blocks = blocksOf(await readFile(join(ROOT, "docs/how-to/restore-the-ledger.md"), "utf8"));
  const ran = await runBlocks(blocks, {
    cwd: home,
    env: { ...world.env, HOME: home },
    timeoutMs: 60_000,
    before: async ({ given }) => {
      if (given === undefined) return;
      await world.restore(backup);
      await world.start();
      await world.held("LedgerRollback");
    },
  });
  expect(faultsOf(ran)).toEqual([]);
  expect(ran).toHaveLength(blocks.filter(({ notRun }) => notRun === undefined).length);
  await world.request("after", "baseline");
});
