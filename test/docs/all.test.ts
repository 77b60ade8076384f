/** No command stands in the documentation that is neither run nor marked. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { blocksOf } from "./markdown.ts";
import { faultsOf, runBlocks } from "./shell.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Each with the test that runs it. */
const RUN: Readonly<Record<string, string>> = {
  "docs/tutorial/first-rotation.md": "test/docs/tutorial.test.ts",
  "docs/how-to/decide.md": "test/docs/decide.test.ts",
  "docs/how-to/check-manifests.md": "test/docs/all.test.ts",
  "docs/how-to/restore-the-ledger.md": "test/docs/restore.test.ts",
  "docs/how-to/audit.md": "test/docs/audit.test.ts",
};

it("every command block is run by a test, or says why it is not", async () => {
  const documents = ["README.md", ...globSync("docs/**/*.md", { cwd: ROOT })];
  let count = 0;
  const marked: string[] = [];
  const unmarked: string[] = [];
  for (const document of documents) {
    for (const { line, notRun } of blocksOf(await readFile(join(ROOT, document), "utf8"))) {
      count += 1;
      if (notRun !== undefined) marked.push(`${document}:${line}: ${notRun}`);
      else if (RUN[document] === undefined) unmarked.push(`${document}:${line}`);
    }
  }
  process.stderr.write(`${count} command blocks in ${documents.length} documents, not run: ${marked.length}\n`);
  for (const each of marked) process.stderr.write(`  ${each}\n`);
  expect(unmarked).toEqual([]);
  expect(count).toBeGreaterThan(25);
});

it("the how-to of checking manifests does what it says", async () => {
  const folder = await mkdtemp(join(tmpdir(), "velvet-how-to-"));
  try {
    await symlink(join(ROOT, "velvet"), join(folder, "velvet"));
    await cp(join(ROOT, "manifests", "requests"), join(folder, "teams", "orders"), { recursive: true });
    const credential = await readFile(join(ROOT, "manifests", "credentials", "orders-db.yaml"), "utf8");
    const text = credential.replace("environment: development", "environment: production");
    await writeFile(join(folder, "teams", "orders", "orders-db.yaml"), text);
    const blocks = blocksOf(await readFile(join(ROOT, "docs/how-to/check-manifests.md"), "utf8"));
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
    expect(faultsOf(await runBlocks(blocks, { cwd: folder, env, timeoutMs: 25_000 }))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
