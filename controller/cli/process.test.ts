/** The real process: what a shell sees of exit codes and streams, and the completion that it sources. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILED } from "../../test/support/compiled.ts";
import { asSuperuser } from "../../test/support/postgres.ts";
import { Scenario } from "../../test/support/scenario.ts";
import { wrongShape } from "./shapes.fixture.ts";

const ENTRY = fileURLToPath(new URL("./velvet.ts", import.meta.url));
const MANIFESTS = fileURLToPath(new URL("../../manifests", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(command, args, {
    env: { PATH: process.env["PATH"] ?? "", VELVET_DATA_DIR: "/nonexistent/velvet", ...COMPILED, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 20_000,
  });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding("utf8").on("data", (text: string) => out.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => err.push(text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out: out.join(""), err: err.join("") }));
  });
}

async function velvet(args: readonly string[], env?: Record<string, string>): Promise<Ended> {
  return run(process.execPath, [ENTRY, ...args], env);
}

describe("exit codes", () => {
  it("plan: 0 nothing would change, 2 something would, 1 refused or asked wrongly", async () => {
    await using scenario = await Scenario.open();
    const env = {
      DATABASE_URL: scenario.ledger.appUrl,
      VELVET_ENV: "test",
      VELVET_KEK: Buffer.alloc(32).toString("base64"),
    };
    const [nothing, refused, wrong, something] = await Promise.all([
      velvet(["plan"], env),
      velvet(["plan", "token"], env), // its adapter is only a test's
      velvet(["plan", "--fil"]),
      velvet(["plan", "--file", MANIFESTS, "-n", "orders", "-o", "json"]),
    ]);
    expect(nothing).toMatchObject({ code: 0, err: "" });
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining("AdapterUnknown") });
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining("--file") });
    expect(something).toMatchObject({ code: 2, err: "" });
    expect(wrongShape("plan", something.out)).toEqual([]);
  });

  it("wait: 0 it is so, 1 it cannot be, 2 the time is over; a decision: 0 accepted, 1 refused, 2 hopeless", async () => {
    await using scenario = await Scenario.open({ credential: { gates: { mint: "Automatic", revoke: "Approval" } } });
    const env = {
      DATABASE_URL: scenario.ledger.appUrl,
      VELVET_ENV: "test",
      VELVET_KEK: Buffer.alloc(32).toString("base64"),
    };
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
    const decide = ["--reason", "drill", "--decided-by", "ben", "--now", "-o", "json"];
    const [atGate, late, hopeless, refused] = await Promise.all([
      velvet(["wait", "team/first", "--for", "gate"], env),
      velvet(["wait", "first", "--timeout", "10ms"], env),
      velvet(["deny", "first", "--digest", "sha256:0", ...decide], env),
      velvet(["confirm", "first", "nobody", ...decide], env),
    ]);
    expect(atGate.code).toBe(0);
    expect(late).toMatchObject({ code: 2, out: "", err: expect.stringContaining("was not done within") });
    expect(hopeless).toMatchObject({ code: 2, out: "", err: expect.stringContaining("Nothing was written") });
    expect(refused.code).toBe(1);
    expect(wrongShape("decision", refused.out)).toEqual([]);
    expect(JSON.parse(refused.out)).toMatchObject({ state: "refused", reason: "ConsumerUnknown" });
    const accepted = await velvet(["abort", "first", ...decide], env);
    expect(accepted.code).toBe(0);
    expect(wrongShape("decision", accepted.out)).toEqual([]);
    expect(await velvet(["wait", "first"], env)).toMatchObject({ code: 1, err: expect.stringContaining("Aborted") });
    for (const { err } of [atGate, late, hopeless, refused, accepted]) expect(err).not.toMatch(/ {4}at /);
  });
});

describe("JSON of the commands that look after the ledger", () => {
  it("has its documented shape, also where something is wrong", async () => {
    await using scenario = await Scenario.open();
    const env = {
      DATABASE_URL: scenario.ledger.appUrl,
      VELVET_MIGRATION_DATABASE_URL: scenario.ledger.ownerUrl,
      VELVET_ENV: "test",
      VELVET_KEK: Buffer.alloc(32).toString("base64"),
    };
    const [doctor, migrate, whole] = await Promise.all([
      velvet(["doctor", "-o", "json"], env),
      velvet(["migrate", "-o", "json"], env),
      velvet(["audit", "verify", "-o", "json"], env),
    ]);
    expect(wrongShape("doctor", doctor.out)).toEqual([]);
    expect(wrongShape("migrate", migrate.out)).toEqual([]);
    expect(whole.code).toBe(0);
    expect(wrongShape("audit", whole.out)).toEqual([]);
    await asSuperuser("alter table velvet.audit disable trigger all", scenario.ledger.name);
    await asSuperuser("delete from velvet.audit where seq = 1", scenario.ledger.name);
    const broken = await velvet(["audit", "verify", "-o", "json"], env);
    expect(broken.code).toBe(1);
    expect(wrongShape("audit", broken.out)).toEqual([]);
    expect(JSON.parse(broken.out)).toMatchObject({ ok: false });
  });
});

describe("completion", () => {
  let script: string;
  beforeAll(async () => {
    script = (await velvet(["completion", "bash"])).out;
  });

  /** The words that bash offers for the last one. */
  async function offered(...words: readonly string[]): Promise<string[]> {
    const line = ["velvet", ...words].map((word) => `'${word}'`).join(" ");
    const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _velvet; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { out, err, code } = await run("bash", ["--norc", "-c", `set -eu\n${script}\n${ask}`]);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    return out.split("\n").filter((word) => word !== "");
  }

  it.each([
    { words: ["des"], offers: ["describe", "destroy"] },
    { words: ["request", ""], offers: ["rotate", "revoke", "test"] },
    { words: ["status", "--wa"], offers: ["--watch", "--waiting"] },
    { words: ["status", "-n", "orders", "--fai"], offers: ["--failed"] },
    { words: ["approve", "rotate-1", "--gate", ""], offers: ["Mint", "Revoke"] },
    { words: ["wait", "rotate-1", "--for", "g"], offers: ["gate"] },
    { words: ["completion", "z"], offers: ["zsh"] },
  ])("offers in bash, after $words: $offers", async ({ words, offers }) => {
    const all = await offered(...words);
    expect(all.toSorted()).toEqual(expect.arrayContaining(offers.toSorted()));
    const [last = ""] = words.slice(-1);
    expect(all.filter((word) => !word.startsWith(last))).toEqual([]);
  });

  it("speaks zsh and fish, and no other shell", async () => {
    const [zsh, fish, other] = await Promise.all(
      ["zsh", "fish", "tcsh"].map(async (shell) => velvet(["completion", shell])),
    );
    expect(zsh?.out).toMatch(/^autoload -U \+X bashcompinit/);
    expect(fish?.out).toContain("complete -c velvet");
    expect(fish?.out).toContain("-l gate -x -a 'Mint Revoke'");
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining("bash, zsh, fish") });
  });
});
