import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { blocksOf } from "./markdown.ts";
import { faultsOf, runBlocks } from "./shell.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const GIT = "[user]\n  name = Me\n  email = me@shop.example\n[commit]\n  gpgSign = false\n";

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "velvet-tutorial-"));
  await writeFile(join(home, ".gitconfig"), GIT);
});

afterAll(async () => rm(home, { recursive: true, force: true }));

it("the tutorial does what it says, command by command", { timeout: 120_000 }, async () => {
  const blocks = blocksOf(await readFile(join(ROOT, "docs/tutorial/first-rotation.md"), "utf8"));
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, TMPDIR: home, GIT_CONFIG_NOSYSTEM: "1" };
  const ran = await runBlocks(blocks, { cwd: ROOT, env, timeoutMs: 100_000 });
  expect(faultsOf(ran)).toEqual([]);
  expect(ran).toHaveLength(blocks.filter(({ notRun }) => notRun === undefined).length);
});
