/** Decisions by command, on a real ledger with a real engine. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CREDENTIAL_NAME, Scenario } from "../../test/support/scenario.ts";
import { readManifests } from "../sources/manifest/read.ts";
import { abortCommand } from "./abort.ts";
import { approveCommand, denyCommand } from "./approve.ts";
import { confirmCommand, retryCommand, skipCommand } from "./consumer-decisions.ts";
import { CommandFailure } from "./failure.ts";
import type { DeskAccess } from "./desk.ts";
import { ledgerDesk } from "./ledger-desk.ts";
import { destroyCommand, markRevokedCommand, restoreCommand } from "./retired.ts";
import { type Tapes, tapes } from "./tape.fixture.ts";

const APPROVAL = { gates: { mint: "Automatic", revoke: "Approval" } } as const;
const BEN = { reason: "because", decidedBy: "ben" } as const;
const NOW = { ...BEN, now: true, timeout: "10s" } as const;

let said: Tapes;
beforeEach(() => {
  said = tapes();
});

function on(scenario: Scenario): DeskAccess {
  said = tapes(async () => ({ fake: scenario.adapter }));
  return async (work) => work(ledgerDesk(said.context, scenario.ledger.db));
}

async function atTheGate(scenario: Scenario): Promise<DeskAccess> {
  scenario.start();
  await scenario.request("first");
  await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
  return on(scenario);
}

async function failure(work: Promise<unknown>): Promise<{ code: number; text: string }> {
  const error: unknown = await work.then(
    (code) => new Error(`it ended with ${String(code)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CommandFailure)) throw error;
  const { happened, stillFine = "", next } = error.text;
  return { code: error.exitCode, text: [happened, stillFine, next].join("\n") };
}

async function decisionsIn(scenario: Scenario): Promise<number> {
  const { rows } = await scenario.ledger.pool.query("select from velvet.decision");
  return rows.length;
}

describe("approve --now", () => {
  it("records the approval, waits for the engine's answer and prints it", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    const ledger = await atTheGate(scenario);
    const code = await approveCommand(
      said.context,
      "first",
      { ...NOW, confirm: CREDENTIAL_NAME, ticket: "OPS-1" },
      ledger,
    );
    expect(code).toBe(0);
    expect(said.out()).toBe("Accepted: ben approved the Revoke gate.\n");
    const view = await scenario.ended("first");
    expect(view.rotation.state).toBe("done");
    expect(view.rotation.facts.gates?.Revoke?.approved).toMatchObject({
      name: "ben",
      trust: "claimed",
      ticket: "OPS-1",
    });
    const { rows } = await scenario.ledger.pool.query<{ entry: object; origin: object }>(
      `select convert_from(a.canonical, 'UTF8')::jsonb as entry, d.origin from velvet.decision d
       join velvet.audit a on a.chain = 'install' and convert_from(a.canonical, 'UTF8')::jsonb ->> 'uid' = d.uid::text`,
    );
    expect(rows).toMatchObject([
      { origin: { via: "cli" }, entry: { event: "DecisionAppeared", source: "cli", trust: "claimed" } },
    ]);
    expect(JSON.stringify(rows[0]?.entry)).not.toContain("ben");
  });

  it("is refused before anything is recorded where a typed name proves nothing", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL, account: { twoPerson: true } });
    const ledger = await atTheGate(scenario);
    const approve = { ...NOW, confirm: CREDENTIAL_NAME, ticket: "OPS-1" };
    const { code, text } = await failure(approveCommand(said.context, "first", approve, ledger));
    expect(code).toBe(2);
    expect(text).toContain("TrustTooLow");
    expect(await decisionsIn(scenario)).toBe(0);
    // A manifest may come by a way that proves more.
    expect(await approveCommand(said.context, "first", { ...approve, now: false }, ledger)).toBe(0);
    expect(said.err()).toContain("two people");
  });

  it("refuses what has no meaning now, and anything once the rotation has ended", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    const ledger = await atTheGate(scenario);
    const skip = { ...NOW, name: "once", ticket: "OPS-2" };
    const first = await failure(retryCommand(said.context, "first", undefined, skip, ledger));
    expect(first).toMatchObject({ code: 2, text: expect.stringContaining("NothingToRetry") });
    expect(await abortCommand(said.context, "first", { ...NOW, name: "once" }, ledger)).toBe(0);
    await scenario.ended("first");
    const late = await failure(abortCommand(said.context, "first", { ...NOW, name: "once", reason: "other" }, ledger));
    expect(late).toMatchObject({ code: 2, text: expect.stringContaining("has ended (aborted)") });
  });

  it("says that nobody answered in time, and that the decision stands", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    const engine = scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
    await engine.stop();
    const ledger = on(scenario);
    const { code, text } = await failure(abortCommand(said.context, "first", { ...NOW, timeout: "200ms" }, ledger));
    expect(code).toBe(1);
    expect(text).toContain("It is recorded whole");
    expect(await decisionsIn(scenario)).toBe(1);
    scenario.start("b");
    expect((await scenario.ended("first")).rotation.state).toBe("aborted");
  });

  it("says what the engine answered where it refuses after all", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    const engine = scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
    await engine.stop();
    const ledger = on(scenario);
    await failure(denyCommand(said.context, "first", { ...NOW, timeout: "1ms", name: "a-first" }, ledger));
    const later = approveCommand(
      said.context,
      "first",
      { ...NOW, confirm: CREDENTIAL_NAME, ticket: "OPS-1", name: "b-second" },
      ledger,
    );
    const answered = failure(later);
    await expect.poll(async () => decisionsIn(scenario)).toBe(2);
    scenario.start("b");
    const { code, text } = await answered;
    expect(code).toBe(1);
    expect(text).toMatch(/^Refused \(\w+\): /);
    expect(text).toContain("The refusal is on record.");
  });
});

describe("abort", () => {
  it("says exactly what is where before it is written, and writes what the engine then does", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    const ledger = await atTheGate(scenario);
    expect(await abortCommand(said.context, "first", BEN, ledger)).toBe(0);
    expect(said.err()).toContain("Aborting team/first, which rotates TOKEN:");
    expect(said.err()).toContain("This does not roll back.");
    expect(said.err()).toMatch(/key-\S+ stays the one in use, held by: app, custody\./);
    expect(said.err()).toContain("key-0 is not revoked: it becomes a retired id");
    const { documents, problems } = readManifests({ path: "a.yaml", text: said.out() }, { tree: "tenant" });
    expect(problems).toEqual([]);
    expect(documents).toMatchObject([{ kind: "RotationDecision", namespace: "team", spec: { action: "Abort" } }]);
    expect(await decisionsIn(scenario)).toBe(0);
    expect(await abortCommand(said.context, "first", NOW, ledger)).toBe(0);
    const view = await scenario.ended("first");
    expect(view.retired).toMatchObject([{ vendorId: "key-0", state: "live" }]);
    expect(scenario.vendor.held("app")).not.toBe("old-value");
  });

  it("names who is written back to when some already hold the new one", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "app" }, { id: "broken" }] });
    scenario.vendor.fault = ({ label, target }, point) => {
      if (point === "before" && label === "sink.write" && target === "broken") throw new Error("no");
    };
    scenario.start();
    await scenario.request("first");
    await scenario.until("first", ({ rotation }) => rotation.state === "distribute_partial");
    const ledger = on(scenario);
    await abortCommand(said.context, "first", BEN, ledger);
    expect(said.err()).toContain("key-0 is written back to: app, broken, custody.");
  });
});

describe("what would certainly be refused", () => {
  it.each([
    [
      "a consumer that is not there",
      async (ledger: DeskAccess) => skipCommand(said.context, "first", "nobody", { ...BEN, ticket: "T" }, ledger),
      "It has: app",
    ],
    [
      "a consumer that works already",
      async (ledger: DeskAccess) => confirmCommand(said.context, "first", "app", BEN, ledger),
      "ConsumerAlreadyWorks",
    ],
    [
      "a mark without a ticket",
      async (ledger: DeskAccess) => markRevokedCommand(said.context, "first", BEN, ledger),
      "TicketMissing",
    ],
    [
      "a revoke that is not due",
      async (ledger: DeskAccess) => retryCommand(said.context, "first", undefined, { ...BEN, revoke: true }, ledger),
      "NothingToRetry",
    ],
    [
      "a stale digest",
      async (ledger: DeskAccess) => denyCommand(said.context, "first", { ...BEN, digest: "sha256:0" }, ledger),
      "is now sha256:",
    ],
  ])("is refused with 2, and nothing is written: %s", async (_, decide, told) => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    const ledger = await atTheGate(scenario);
    const { code, text } = await failure(decide(ledger));
    expect(code).toBe(2);
    expect(text).toContain(told);
    expect(text).toContain("Nothing was written");
    expect(said.out()).toBe("");
  });
});

describe("retired credentials", () => {
  it("are restored and destroyed by name, and only those that live", async () => {
    await using scenario = await Scenario.open();
    scenario.start();
    await scenario.request("first");
    await scenario.ended("first");
    const ledger = on(scenario);
    const wrong = await failure(destroyCommand(said.context, "team/token", "key-9", BEN, ledger));
    expect(wrong).toMatchObject({ code: 2, text: expect.stringContaining("key-0 (quarantined)") });
    expect(await restoreCommand(said.context, "token", "key-0", NOW, ledger)).toBe(0);
    expect(said.err()).toContain("key-0 works again at the vendor");
    expect(said.out()).toMatch(/^Accepted: /);
    await expect.poll(() => scenario.vendor.accepts("old-value")).toBe(true);
    await expect
      .poll(async () => failure(restoreCommand(said.context, "token", "key-0", BEN, ledger)))
      .toMatchObject({
        code: 2,
      });
    expect(await destroyCommand(said.context, "token", "key-0", NOW, ledger)).toBe(0);
    await expect.poll(() => scenario.vendor.keys.has("key-0")).toBe(false);
  });
});

describe("without a ledger", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "velvet-decisions-"));
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  it("a manifest is written unchecked, and that is said", async () => {
    const none: DeskAccess = async () => Promise.reject((await import("./ledger.ts")).noLedger("/nowhere"));
    expect(await abortCommand(said.context, "orders/first", { ...BEN, write: folder }, none)).toBe(0);
    expect(said.err()).toContain("nobody has checked yet");
    const [file = ""] = await readdir(folder);
    expect(await readFile(join(folder, file), "utf8")).toContain("namespace: orders");
    expect(await failure(abortCommand(said.context, "first", NOW, none))).toMatchObject({ code: 1 });
    expect(await failure(denyCommand(said.context, "first", BEN, none))).toMatchObject({ code: 2 });
  });
});
