/** The how-to of the audit, on a rotation that has ended. */
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { request, RestoredWorld } from "../restored/world.ts";
import { blocksOf } from "./markdown.ts";
import { faultsOf, runBlocks } from "./shell.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

it("the how-to of the audit does what it says", { timeout: 90_000 }, async () => {
  await using world = await RestoredWorld.open();
  const home = world.remote.folder;
  await writeFile(join(home, ".gitconfig"), "[user]\n  name = Ben\n");
  await symlink(join(ROOT, "velvet"), join(home, "velvet"));
  await world.start();
  await world.commit(request("first", { ticket: "OPS-1" }));
  await world.request("first", "done");
  await world.stopAll();
  const blocks = blocksOf(await readFile(join(ROOT, "docs/how-to/audit.md"), "utf8"));
  const ran = await runBlocks(blocks, { cwd: home, env: { ...world.env, HOME: home }, timeoutMs: 80_000 });
  expect(faultsOf(ran)).toEqual([]);
  expect(ran).toHaveLength(blocks.filter(({ notRun }) => notRun === undefined).length);
});
