/** The manifests that the documents show are ones that Velvet takes: checked as `velvet validate` does, without a cluster or a vendor. */
import { globSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { validatePaths } from "../../controller/cli/validate.ts";
import { adapters } from "../../adapters/registry.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BLOCK = /^```ya?ml\n([\s\S]*?)^```$/gm;

function manifestsOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(BLOCK)].map(([, block = ""]) => block);
  // A block without metadata is the beginning of a file, for an editor; one of another group is for kubectl alone.
  const own = blocks.filter((block) => !/^apiVersion: (?!velvet\.raxx\.app\/)/m.test(block));
  return own.filter((block) => /^kind: /m.test(block) && /^metadata:/m.test(block));
}

async function problemsOf(document: string, blocks: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "velvet-readme-"));
  try {
    for (const [index, block] of blocks.entries()) await writeFile(join(folder, `${index}.yaml`), block);
    const stop = new AbortController().signal;
    const { problems, documents } = await validatePaths({ stop }, [folder], {});
    const found = problems.map(({ message }) => `${document}: ${message}`);
    return documents.length < blocks.length ? [...found, `${document}: a block holds no manifest of Velvet's`] : found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

it.each(Object.keys(adapters))("the readme of %s shows a whole manifest, and every one is valid", async (name) => {
  const blocks = manifestsOf(await readFile(join(ROOT, `adapters/${name}/README.md`), "utf8"));
  expect(blocks.length).toBeGreaterThan(0);
  expect(await problemsOf(name, blocks)).toEqual([]);
});

it("every manifest below docs is valid", async () => {
  const documents = globSync("docs/**/*.md", { cwd: ROOT });
  const problems: string[] = [];
  for (const document of documents) {
    const blocks = manifestsOf(await readFile(join(ROOT, document), "utf8"));
    if (blocks.length > 0) problems.push(...(await problemsOf(document, blocks)));
  }
  expect(problems).toEqual([]);
});
