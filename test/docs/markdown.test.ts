import { describe, expect, it } from "vitest";
import { blocksOf, isShown } from "./markdown.ts";
import { faultsOf, runBlocks } from "./shell.ts";

const DOCUMENT = `
Text.

\`\`\`sh
X=1
echo "a $X"
\`\`\`

\`\`\`text
a …
\`\`\`

1. A list:

   <!-- not run: it needs the world -->

   \`\`\`sh
   rm -rf /
   \`\`\`

<!-- given: a state -->

\`\`\`sh
echo "b $X"
\`\`\`

Between.

\`\`\`text
not what it shows
\`\`\`

\`\`\`yaml
kind: none
\`\`\`
`;

const OPTIONS = { cwd: "/", env: { PATH: process.env["PATH"] ?? "" }, timeoutMs: 20_000 };

describe("the blocks of a document", () => {
  it("are its sh blocks, with their line, what they show and what is said above them", () => {
    expect(blocksOf(DOCUMENT)).toEqual([
      { line: 5, script: 'X=1\necho "a $X"', shows: "a …" },
      { line: 18, script: "rm -rf /", notRun: "it needs the world" },
      { line: 24, script: 'echo "b $X"', given: "a state" },
    ]);
  });

  it("run in one shell, but for those that are not run", async () => {
    const given: string[] = [];
    const ran = await runBlocks(blocksOf(DOCUMENT), {
      ...OPTIONS,
      before: async (block) => void given.push(block.given ?? "-"),
    });
    expect(ran.map(({ code, said }) => ({ code, said }))).toEqual([
      { code: 0, said: "a 1\n" },
      { code: 0, said: "b 1\n" },
    ]);
    expect(given).toEqual(["-", "a state"]);
    expect(faultsOf(ran)).toEqual([]);
  });

  it("end at the first command that fails, and are at fault where they print something else than is shown", async () => {
    const blocks = [
      { line: 1, script: "echo one", shows: "two" },
      { line: 2, script: "false\necho never" },
      { line: 3, script: "echo never" },
    ];
    const ran = await runBlocks(blocks, OPTIONS);
    expect(ran).toHaveLength(2);
    expect(faultsOf(ran)).toEqual([
      "line 1 shows\ntwo\nbut prints\none\n",
      expect.stringMatching(/^line 2 ended with (1|no exit code) and said\n/),
    ]);
  });
});

describe("what is shown", () => {
  it("is the same but for blanks, and anything where … stands", () => {
    expect(isShown("a  b\n…\nd", "a b\nc\nc\nd\n")).toBe(true);
    expect(isShown("a.b", "axb")).toBe(false);
    expect(isShown("a", "a\nb")).toBe(false);
  });
});
