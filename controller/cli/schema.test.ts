import { EventEmitter } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ProcessFrame, runVelvet } from "./program.ts";

const COMMITTED = join(import.meta.dirname, "../../crds/schema");

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "velvet-schema-"))));
afterEach(() => rmSync(folder, { recursive: true }));

async function schema(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const frame = Object.assign(new EventEmitter(), { env: {}, stdout, stderr });
  const code = await runVelvet(["schema", ...args], frame as unknown as ProcessFrame);
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

describe("velvet schema", () => {
  it("prints one schema for all kinds", async () => {
    const { code, out, err } = await schema();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toEqual(json(join(COMMITTED, "velvet.json")));
  });

  it("prints the schema of one kind", async () => {
    const { out } = await schema("Credential");
    expect(JSON.parse(out)).toEqual(json(join(COMMITTED, "credential.json")));
  });

  it("writes the files that the repository carries, and says which", async () => {
    const { code, out } = await schema("--write", join(folder, "new/schemas"));
    expect(code).toBe(0);
    expect(readdirSync(join(folder, "new/schemas"))).toEqual(readdirSync(COMMITTED));
    for (const path of out.trim().split("\n"))
      expect(json(path)).toEqual(json(join(COMMITTED, path.split("/").at(-1) ?? "")));
  });

  it("writes one kind's alone", async () => {
    await schema("RotationRequest", "--write", folder);
    expect(readdirSync(folder)).toEqual(["rotationrequest.json"]);
  });

  it("refuses a kind that there is none of", async () => {
    const { code, out, err } = await schema("Secret");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("VendorAccount, Credential, RotationRequest, RotationDecision");
  });

  it("says where it could not write", async () => {
    writeFileSync(join(folder, "file"), "");
    const { code, err } = await schema("--write", join(folder, "file"));
    expect(code).toBe(1);
    expect(err).toMatch(/^The schemas cannot be written to \S+file \(EEXIST\)\.\nNothing else was changed\.\n/);
  });
});
