import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventEmitter } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_BYTES } from "../sources/manifest/read.ts";
import { readBytes } from "./validate-files.ts";
import { type ProcessFrame, runVelvet } from "./program.ts";

const EXAMPLES = join(import.meta.dirname, "../../manifests");

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "velvet-validate-"))));
afterEach(() => rmSync(folder, { recursive: true }));

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** As the entry runs it. */
async function velvet(args: readonly string[], more: { stdin?: string; terminal?: boolean } = {}): Promise<Said> {
  const { stdin = "", terminal = false } = more;
  const [stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: terminal })];
  const frame = Object.assign(new EventEmitter(), {
    env: {},
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout,
    stderr,
  });
  const code = await runVelvet(args, frame as unknown as ProcessFrame);
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

async function validate(...args: readonly string[]): Promise<Said> {
  return velvet(["validate", ...args]);
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
      err: "1 problem in 1 of 1 file.\nCorrect them and run it again; nothing was changed.\n",
    });
  });

  it("prints the same as JSON, for programs", async () => {
    const file = put("a.yaml", request("Operatonal"));
    const { code, out } = await validate("--format", "json", file);
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

  it("prints JSON of the shape that is documented, with and without problems", async () => {
    const schema: object = JSON.parse(readFileSync(join(EXAMPLES, "../docs/reference/schemas/validate.json"), "utf8"));
    const holds = new Ajv2020({ strict: true }).compile(schema);
    put("a.yaml", request("Operatonal"));
    writeFileSync(join(folder, "b.yaml"), Buffer.from([0xff, 0xfe, 0x00]));
    for (const path of [folder, EXAMPLES]) {
      const { out } = await validate("--format", "json", path);
      expect(holds(JSON.parse(out)), JSON.stringify(holds.errors)).toBe(true);
    }
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
    expect(await validate(folder)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^1 file, and no manifest of Velvet in them\.\nName a file or folder/),
    });
  });

  it("refuses what is no text, and prints no escape sequence of a file", async () => {
    writeFileSync(join(folder, "a.yaml"), Buffer.from([0xff, 0xfe, 0x00]));
    put("b.yaml", request("Testing").replace("reason:", '"\\e[31m": 1, reason:'));
    const { out } = await validate(folder);
    expect(out).toContain("NotUtf8");
    expect(out).toContain("UnknownField");
    expect(out).not.toContain("\u001b");
  });

  it("reads what a pattern matches, and says so when that is nothing", async () => {
    put("teams/a/requests/one.yaml", request("Testing"));
    put("teams/a/other/two.yaml", request("Wrong"));
    put("teams/.b/requests/three.yaml", request("Wrong"));
    expect(await validate(join(folder, "teams/*/requests/*.yaml"))).toMatchObject({
      code: 0,
      err: expect.stringMatching(/1 manifest in 1 file/),
    });
    expect(await validate(join(folder, "**/*.yaml"))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/1 problem in 1 of 2 files/),
    });
    expect(await validate(join(folder, "teams/*/decisions/*.yaml"))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/No file matches/),
    });
  });

  it("prefers a file whose name looks like a pattern", async () => {
    expect((await validate(put("a[1].yaml", request("Testing")))).code).toBe(0);
  });

  it("reads stdin", async () => {
    expect(await velvet(["validate", "-"], { stdin: request("Testing") })).toMatchObject({ code: 0 });
    const { code, out } = await velvet(["validate", "-"], { stdin: request("Wrong") });
    expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/^<stdin>:4:48 UnknownValue /) });
    expect(await velvet(["validate", "-"])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no manifest of Velvet/),
    });
  });

  it("refuses a manifest of 50 MB without reading it, and a large file in a folder only where it is one of ours", async () => {
    const large = put("large.yaml", request("Testing"));
    truncateSync(large, 50 * 1024 * 1024);
    const { code, out } = await validate(large);
    const read = await readBytes({ path: large, named: true }, process.stdin);
    expect(read).toMatchObject({ cut: true, bytes: { length: MAX_BYTES + 1 } });
    expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/^\S+large\.yaml:0:0 FileTooLarge /) });
    expect((await validate(folder)).out).toContain("FileTooLarge");
    put("large.yaml", " ".repeat(300 * 1024));
    put("a.yaml", request("Testing"));
    expect(await validate(folder)).toMatchObject({ code: 0 });
    expect((await validate(join(folder, "large.yaml"))).out).toContain("FileTooLarge");
  });

  it("reads a pipe no further than a manifest may be long", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const written = writeFile(pipe, " ".repeat(1024 * 1024)).catch(() => undefined);
    expect((await validate(pipe)).out).toContain("FileTooLarge");
    await written;
  });

  it("says what it cannot read, in the same shape", async () => {
    const path = put("a.yaml", request("Testing"));
    const stray = join(path, "b.yaml");
    expect(await validate(stray)).toMatchObject({ code: 2, err: expect.stringMatching(/^There is no file or folder/) });
  });

  it("explains itself with examples", async () => {
    const { code, out } = await validate("--help");
    expect(code).toBe(0);
    expect(out).toContain("Exit codes: 0 no problems, 1 problems, 2 nothing was validated.");
  });
});

describe("velvet validate --format", () => {
  it("github writes commands that cannot be broken out of", async () => {
    put("a,b:c/50%.yaml", request("Operatonal").replace("reason:", '"x\\r\\n::error::y": 1, reason:'));
    const { out } = await validate("--format", "github", folder);
    const at = `file=${folder}/a%2Cb%3Ac/50%25.yaml,line=4`;
    expect(out.split("\n")).toEqual([
      `::error ${at},col=48,title=UnknownValue::spec.flow must be one of Operational, Revocation, Testing%0Adid you mean Operational?`,
      expect.stringMatching(new RegExp(`^::error ${at},col=60,title=UnknownField::spec has no field x ::error::y%0A`)),
      "",
    ]);
  });

  it("github names no line where the whole file is meant", async () => {
    writeFileSync(join(folder, "a.yaml"), Buffer.from([0xff, 0xfe, 0x00]));
    const { out } = await validate("--format", "github", folder);
    expect(out).toBe(`::error file=${folder}/a.yaml,title=NotUtf8::the file is not UTF-8 text\n`);
  });

  it("sarif has every rule, and each problem with its rule and place", async () => {
    put("a b/ä.yaml", request("Operatonal"));
    const { code, out } = await validate("--format", "sarif", folder);
    expect(code).toBe(1);
    const { version, runs } = JSON.parse(out) as SarifLog;
    expect(version).toBe("2.1.0");
    const [{ tool, results }] = runs;
    expect(tool.driver.rules.length).toBeGreaterThan(50);
    expect(results).toHaveLength(1);
    const [{ ruleId, ruleIndex, locations }] = results;
    expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: `file://${folder}/a%20b/%C3%A4.yaml` },
          region: { startLine: 4, startColumn: 48 },
        },
      },
    ]);
  });

  it("sarif is whole where there is no problem, and the same every time", async () => {
    const { code, out } = await validate("--format", "sarif", EXAMPLES);
    expect(code).toBe(0);
    expect((JSON.parse(out) as SarifLog).runs[0].results).toEqual([]);
    expect((await validate("--format", "sarif", EXAMPLES)).out).toBe(out);
  });
});

interface SarifLog {
  readonly version: string;
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly [
        { readonly ruleId: string; readonly ruleIndex: number; readonly locations: readonly object[] },
      ];
    },
  ];
}
