import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommandFailure } from "./failure.ts";
import { validateCommand } from "./validate.ts";

const EXAMPLES = join(import.meta.dirname, "../../manifests");

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "velvet-validate-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs it below a program, as the entry does. */
async function validate(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: "", err: "" };
  const program = new Command("velvet").exitOverride().configureOutput({
    writeOut: (text) => void (written.out += text),
    writeErr: (text) => void (written.err += text),
  });
  program.addCommand(validateCommand().copyInheritedSettings(program));
  try {
    await program.parseAsync(["validate", ...args], { from: "user" });
    return { code: 0, ...written };
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : 2, ...written };
    if (error instanceof CommandFailure) return { code: error.exitCode, out: written.out, err: error.text.happened };
    throw error;
  }
}

function put(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const request = (flow: string): string =>
  `apiVersion: velvet.raxx.app/v1alpha1\nkind: RotationRequest\nmetadata: {name: rotate}\n` +
  `spec: {credentialRef: {name: orders-db}, flow: ${flow}, reason: test, requestedBy: ada}\n`;

describe("velvet validate", () => {
  it("accepts the examples and says how many it saw", async () => {
    expect(await validate(EXAMPLES)).toEqual({ code: 0, out: "", err: "8 manifests in 8 files: no problems.\n" });
  });

  it("prints each problem like a compiler, with a hint below", async () => {
    const file = put("a.yaml", request("Operatonal"));
    expect(await validate(folder)).toEqual({
      code: 1,
      out: `${file}:4:48 UnknownValue spec.flow must be one of Operational, Revocation, Testing\n    did you mean Operational?\n`,
      err: "1 problem in 1 of 1 file.",
    });
  });

  it("prints the same as JSON, for programs", async () => {
    const file = put("a.yaml", request("Operatonal"));
    const { code, out } = await validate("-o", "json", file);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      files: 1,
      documents: [],
      problems: [
        {
          path: file,
          line: 4,
          column: 48,
          code: "UnknownValue",
          message: "spec.flow must be one of Operational, Revocation, Testing",
          suggestion: "did you mean Operational?",
        },
      ],
    });
  });

  it("holds a folder to the tree that it is", async () => {
    cpSync(EXAMPLES, folder, { recursive: true });
    expect((await validate("--tree", "tenant", join(folder, "credentials"))).code).toBe(0);
    expect((await validate("--tree", "platform", join(folder, "platform"))).code).toBe(0);
    const { code, out } = await validate("--tree", "tenant", folder);
    expect(code).toBe(1);
    expect(out.match(/AccountInTenantTree/g)).toHaveLength(3);
  });

  it("refuses another environment where it is told its own", async () => {
    expect((await validate("--environment", "development", EXAMPLES)).code).toBe(0);
    const { code, out } = await validate("--environment", "production", EXAMPLES);
    expect(code).toBe(1);
    expect(out).toContain("WrongEnvironment");
  });

  it("finds one name twice in a folder, and lets two folders use it", async () => {
    put("teams/a/one.yaml", request("Testing"));
    put("teams/b/one.yaml", request("Testing"));
    expect((await validate(folder)).code).toBe(0);
    put("teams/b/two.yaml", request("Testing"));
    const { out } = await validate(folder);
    expect(out).toContain("two.yaml:1:1 DuplicateName there is a RotationRequest rotate already, at ");
  });

  it("follows no links and enters no hidden folder", async () => {
    put(".git/a.yaml", request("No"));
    put("node_modules/a.yaml", request("No"));
    put("a.yaml", request("Testing"));
    symlinkSync("/", join(folder, "root"));
    expect(await validate(folder)).toMatchObject({ code: 0, err: "1 manifest in 1 file: no problems.\n" });
  });

  it.each([
    ["a path that is not there", ["/nowhere/at/all"]],
    ["an unknown tree", ["--tree", "forest"]],
    ["an unknown option", ["--fast"]],
  ])("ends with 2 for %s", async (_, args) => {
    expect((await validate(...args)).code).toBe(2);
  });

  it("ends with 2 where there was nothing to validate: that is no success", async () => {
    put("values.yaml", "replicas: 3\n");
    expect(await validate(folder)).toMatchObject({ code: 2, err: "1 file, and no manifest of Velvet in them." });
  });

  it("refuses what is no text, and prints no escape sequence of a file", async () => {
    writeFileSync(join(folder, "a.yaml"), Buffer.from([0xff, 0xfe, 0x00]));
    put("b.yaml", request("Testing").replace("reason:", '"\\e[31m": 1, reason:'));
    const { out } = await validate(folder);
    expect(out).toContain("NotUtf8");
    expect(out).toContain("UnknownField");
    expect(out).not.toContain("\u001b");
  });

  it("explains itself with examples", async () => {
    const { code, out } = await validate("--help");
    expect(code).toBe(0);
    expect(out).toContain("Exit codes: 0 no problems, 1 problems, 2 nothing was validated.");
  });
});
