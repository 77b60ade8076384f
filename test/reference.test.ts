import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { openOutput } from "../controller/cli/output.ts";
import { velvetProgram } from "../controller/cli/program.ts";
import { REASONS } from "../controller/domain/reasons.ts";
import { commandsReference } from "../scripts/generate/commands.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGES = ["README.md", "CONTRIBUTING.md", ...globSync("{docs,adapters}/**/*.md", { cwd: ROOT })].sort();

describe("the documentation", () => {
  it.each(PAGES)("%s links to pages, files and headings that are there", (page) => {
    const text = withoutCode(readFileSync(join(ROOT, page), "utf8"));
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, link));
    expect(broken).toEqual([]);
  });

  it("has examples in the help of every command", () => {
    const blocks = commandsReference().split(/^## /m).slice(1);
    expect(blocks.length).toBeGreaterThan(20);
    const leaves = blocks.filter((block) => !/^Commands:$/m.test(block));
    const without = leaves.filter((block) => !/^Examples?\b/m.test(block)).map((block) => block.split("\n")[0]);
    expect(without).toEqual([]);
  });

  it("has the commands as they are, whatever terminal it is generated in", () => {
    const { env, stdout } = process;
    const before = { force: env["FORCE_COLOR"], columns: stdout.columns, tty: stdout.isTTY };
    const plain = commandsReference();
    try {
      env["FORCE_COLOR"] = "1";
      Object.assign(stdout, { columns: 40, isTTY: true });
      expect(commandsReference()).toBe(plain);
    } finally {
      delete env["FORCE_COLOR"];
      if (before.force !== undefined) env["FORCE_COLOR"] = before.force;
      Object.assign(stdout, { columns: before.columns, isTTY: before.tty });
    }
  });
});

describe("the commands that a reason names", () => {
  const out = openOutput({ stdout: { write: () => 0 }, stderr: { write: () => 0 }, noColour: "1" });
  const program = velvetProgram(out, async () => undefined);
  const named = [...new Set(Object.values(REASONS).flatMap(({ commands = [] }) => commands))].sort();

  it.each(named)("%s is one, with as many arguments and these options", (line) => {
    const { command, rest } = commandOf(program, line.split(" ").slice(1));
    expect(command).not.toBe(program);
    // Which cluster it is about is said before the command, or behind it.
    const known = [...command.options, ...program.options];
    const options = rest.filter((word) => word.startsWith("--"));
    for (const option of options) expect(known.map(({ long }) => long)).toContain(option);
    const isValue = (index: number): boolean =>
      known.some(({ long, required, optional }) => long === rest[index - 1] && (required || optional));
    const given = rest.filter((word, index) => word.startsWith("<") && !isValue(index));
    const needed = command.registeredArguments.filter(({ required }) => required);
    expect(given.length).toBeGreaterThanOrEqual(needed.length);
    expect(given.length).toBeLessThanOrEqual(command.registeredArguments.length);
  });
});

function commandOf(above: Command, words: readonly string[]): { command: Command; rest: readonly string[] } {
  const [first, ...rest] = words;
  const next = above.commands.find((command) => command.name() === first);
  return next ? commandOf(next, rest) : { command: above, rest: words };
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? join(ROOT, page) : join(ROOT, dirname(page), path);
  if (!existsSync(target)) return false;
  return anchor === undefined || anchorsOf(readFileSync(target, "utf8")).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/```[^]*?```/g, "").replaceAll(/`[^`\n]*`/g, "");
}
