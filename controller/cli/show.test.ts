/** plan, describe, wait, history and status, on a real ledger with a real engine. Their JSON is held against the documented shapes. */
import { describe, expect, it } from "vitest";
import { CREDENTIAL_NAME, Scenario } from "../../test/support/scenario.ts";
import { REASONS } from "../domain/reasons.ts";
import type { Db, Statement } from "../ledger/db.ts";
import type { ExitCode } from "./command.ts";
import { describeCommand } from "./describe.ts";
import { CommandFailure } from "./failure.ts";
import { historyCommand } from "./history.ts";
import { planCommand } from "./plan.ts";
import { wrongShape } from "./shapes.fixture.ts";
import { ledgerReading } from "./ledger-reading.ts";
import { statusCommand, type StatusOptions } from "./status.ts";
import { type Tapes, tapes } from "./tape.fixture.ts";
import { waitCommand } from "./wait.ts";

const APPROVAL = { gates: { mint: "Automatic", revoke: "Approval" } } as const;
const WAIT = { for: "done", timeout: "10s" } as const;

/** Runs one command with fresh tapes. */
async function on(
  scenario: Scenario,
  run: (said: Tapes) => Promise<ExitCode>,
): Promise<{ code: number; out: string; err: string }> {
  const said = tapes(async () => ({ fake: scenario.adapter }), { VELVET_ENV: "test" });
  const code = await run(said).catch((error: unknown) => {
    if (!(error instanceof CommandFailure)) throw error;
    said.context.out.note(error.text.happened);
    return error.exitCode;
  });
  return { code, out: said.out(), err: said.err() };
}

async function plan(scenario: Scenario, name?: string, json = false) {
  return on(scenario, async ({ context }) =>
    planCommand(context, name, json ? { output: "json" } : {}, scenario.ledger.db),
  );
}

async function atTheGate(scenario: Scenario): Promise<void> {
  scenario.start();
  await scenario.request("first", { ticket: "OPS-0" });
  await scenario.until("first", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
}

describe("plan", () => {
  it("shows order, proofs, gates and what cannot be undone of a credential that nobody asked to rotate, and 2", async () => {
    await using scenario = await Scenario.open({
      credential: { ...APPROVAL, rotation: { overlap: "1h", quarantine: "7d" } },
      consumers: [
        { id: "caller", wave: 1 },
        { id: "api", role: "acceptor" },
        { id: "cron", check: { type: "manual" } },
        { id: "old", active: false },
      ],
    });
    expect((await plan(scenario)).code).toBe(0);
    const { code, out } = await plan(scenario, "team/token");
    expect(code).toBe(2);
    expect(out).toContain("would begin if it were requested now");
    expect(out).toMatch(
      /first +custody[^]+acceptors 0 +api[^]+callers 0 +cron +vendor \(fake\) +value +a person +person[^]+callers 1 +caller/,
    );
    expect(out).toMatch(/before the mint: automatic/);
    expect(out).toMatch(/before the revoke: a person approves, with confirm TOKEN and a ticket/);
    expect(out).toContain("old is inactive");
    const { items } = JSON.parse((await plan(scenario, "token", true)).out);
    const { beginsAt, steps } = items[0];
    expect(Date.parse(steps.earliestRevokeAt) - Date.parse(beginsAt)).toBe(3_600_000);
    expect(Date.parse(steps.earliestDestroyAt) - Date.parse(beginsAt)).toBe(3_600_000 + 7 * 86_400_000);
    expect(scenario.vendor.history).toEqual([]);
  });

  it("refuses as the engine does, with 1, and says what waits", async () => {
    await using scenario = await Scenario.open();
    await scenario.request("lost", { credentialRef: { name: "nothing" } });
    await scenario.request("early", { notBefore: "2099-01-01T00:00:00Z", deadline: "2099-02-01T00:00:00Z" });
    await scenario.request("leaked", {
      flow: "Revocation",
      notBefore: "2099-01-01T00:00:00Z",
      deadline: "2099-02-01T00:00:00Z",
    });
    await scenario.request("rehearsal", { flow: "Testing" });
    const early = await plan(scenario, "early");
    expect(early.code).toBe(2);
    expect(early.out).toContain("It begins at 2099-01-01T00:00:00.000Z.");
    expect(await plan(scenario, "lost")).toMatchObject({ code: 1, out: expect.stringContaining("CredentialNotFound") });
    expect((await plan(scenario, "leaked")).out).toContain("It begins at 2099-01-01T00:00:00.000Z.");
    const refused = await plan(scenario, "rehearsal");
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining("NothingToRehearse") });
    scenario.start();
    const { reason } = await scenario.requestState("rehearsal", "refused");
    expect(reason).toBe("NothingToRehearse");
    const all = await plan(scenario, undefined, true);
    expect(all.code).toBe(1);
    expect(wrongShape("plan", all.out)).toEqual([]);
    expect(await plan(scenario, "nobody")).toMatchObject({ code: 1, out: "" });
  });

  it("says what a rotation that runs does next, with its digest, and that nothing changes once it has ended", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL, account: { twoPerson: true } });
    await atTheGate(scenario);
    const { gate } = await scenario.status("first");
    const { code, out } = await plan(scenario, "token");
    expect(code).toBe(2);
    expect(out).toContain("Next: waits for RevokeApproval");
    expect(out).toContain(
      `somebody else than the requester, vouched for approves, with confirm TOKEN and a ticket (Approval; digest ${gate?.digest})`,
    );
    expect(wrongShape("plan", (await plan(scenario, "first", true)).out)).toEqual([]);
    await scenario.decide("stop", { requestRef: { name: "first" }, action: "Abort" });
    await scenario.until("first", ({ decisions }) => decisions.every(({ state }) => state !== "pending"));
  });
});

describe("one rotation", () => {
  it("tells the one who is called at night what failed, what is fine, and the exact commands", async () => {
    await using scenario = await Scenario.open({ consumers: [{ id: "app" }, { id: "broken" }] });
    scenario.vendor.fault = ({ label, target }, point) => {
      if (point === "before" && label === "sink.write" && target === "broken") throw new Error("no");
    };
    scenario.start();
    await scenario.request("first", { ticket: "OPS-0" });
    await scenario.until("first", ({ rotation }) => rotation.state === "distribute_partial");
    await scenario.decide("no", { requestRef: { name: "first" }, action: "ConfirmConsumer", consumer: "nobody" });
    await scenario.until("first", ({ decisions }) => decisions.some(({ state }) => state === "refused"));
    const { code, out } = await on(scenario, async ({ context }) =>
      describeCommand(context, "team/first", {}, ledgerReading(scenario.ledger.db, context)),
    );
    expect(code).toBe(0);
    expect(out).toContain("Requested   by ana: scheduled (OPS-0)");
    expect(out).toContain(
      `DistributePartial: ${REASONS["DistributePartial"]?.meaning}\n${REASONS["DistributePartial"]?.fine}\n`,
    );
    expect(out).toMatch(/broken +vendor +failed +AdapterFault: .*next try in/);
    expect(out).toMatch(/ConfirmConsumer nobody by ben \(claimed\), .* ago: refused\n +ConsumerUnknown: /);
    for (const command of [
      "velvet retry team/first broken --reason <why>",
      "velvet confirm team/first broken --reason <why>",
      "velvet skip team/first broken --ticket <ticket> --reason <why>",
      "velvet abort team/first --reason <why>",
    ]) {
      expect(out).toContain(command);
    }
    expect(out).not.toContain("velvet retry team/first --revoke");
    expect(out).not.toContain("team/first app ");
    const json = await on(scenario, async ({ context }) =>
      describeCommand(context, "first", { output: "json" }, ledgerReading(scenario.ledger.db, context)),
    );
    expect(wrongShape("describe", json.out)).toEqual([]);
  });

  it("shows the open gate with the commands that answer it, and afterwards what can be done with the old one", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    await atTheGate(scenario);
    const { gate } = await scenario.status("first");
    const shown = async () =>
      on(scenario, async ({ context }) =>
        describeCommand(context, "first", {}, ledgerReading(scenario.ledger.db, context)),
      );
    expect((await shown()).out).toContain(
      `velvet approve team/first --gate Revoke --digest ${gate?.digest} --confirm <credentialName> --ticket <ticket> --reason <why>`,
    );
    await scenario.decide("ok", {
      requestRef: { name: "first" },
      action: "Approve",
      gate: "Revoke",
      digest: gate?.digest ?? "",
      confirm: CREDENTIAL_NAME,
      ticket: "OPS-1",
    });
    await scenario.ended("first");
    const { out } = await shown();
    expect(out).toContain("velvet restore team/token key-0");
    expect(out).toMatch(/Approve Revoke by ben \(claimed, OPS-1\), .* ago: accepted/);
    expect(out).not.toContain("velvet abort");
  });

  it("says why a request never began, and what to do", async () => {
    await using scenario = await Scenario.open();
    scenario.start();
    await scenario.request("never", { flow: "Testing" });
    await scenario.requestState("never", "refused");
    const json = await on(scenario, async ({ context }) =>
      describeCommand(context, "never", { output: "json" }, ledgerReading(scenario.ledger.db, context)),
    );
    expect(wrongShape("describe", json.out)).toEqual([]);
    expect(JSON.parse(json.out).requests).toMatchObject([{ reason: "NothingToRehearse", remedy: expect.any(String) }]);
    const missing = await on(scenario, async ({ context }) =>
      describeCommand(context, "nope", {}, ledgerReading(scenario.ledger.db, context)),
    );
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining("knows no request nope") });
  });
});

describe("wait", () => {
  it("ends with 0 when it is so, with each stage told, and with JSON for programs", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    await scenario.request("first");
    const waiting = on(scenario, async ({ context }) =>
      waitCommand(
        context,
        "first",
        { ...WAIT, for: "gate", output: "json" },
        ledgerReading(scenario.ledger.db, context),
      ),
    );
    scenario.start();
    const { code, out, err } = await waiting;
    expect(code).toBe(0);
    expect(wrongShape("rotation", out)).toEqual([]);
    expect(err).toContain("Validated  waits for a person: Revoke gate");
  });

  it("takes a request that is accepted while it looks for one that began", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    await scenario.request("first");
    let accepted: Promise<unknown> | undefined;
    const accept = async () => {
      scenario.start();
      await scenario.until("first", () => true);
    };
    const { db: real } = scenario.ledger;
    const db: Db = {
      ...real,
      query: async <Row>(statement: Statement, values?: readonly unknown[]) => {
        if (accepted) await accepted;
        const rows = real.query<Row>(statement, values);
        accepted ??= rows.then(accept);
        await accepted;
        return rows;
      },
    };
    const { code } = await on(scenario, async ({ context }) =>
      waitCommand(context, "first", { ...WAIT, for: "gate" }, ledgerReading(db, context)),
    );
    expect(code).toBe(0);
  });

  it("ends with 2 when the time is over, and with 1 when it cannot come to that any more", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    await atTheGate(scenario);
    const wait = async (options: object) =>
      on(scenario, async ({ context }) =>
        waitCommand(context, "team/first", { ...WAIT, ...options }, ledgerReading(scenario.ledger.db, context)),
      );
    expect(await wait({ timeout: "1ms" })).toMatchObject({ code: 2, err: expect.stringContaining("It goes on") });
    expect((await wait({ for: "validated" })).code).toBe(0);
    await scenario.decide("stop", { requestRef: { name: "first" }, action: "Abort" });
    expect(await wait({})).toMatchObject({
      code: 1,
      err: expect.stringContaining("has ended as Aborted, without done"),
    });
    expect((await wait({ for: "ended" })).code).toBe(0);
  });

  it("ends with 1 when it is stalled, and when it was never begun", async () => {
    await using scenario = await Scenario.open();
    scenario.vendor.keys.delete("key-0");
    scenario.start();
    await scenario.request("dead");
    const wait = async (name: string) =>
      on(scenario, async ({ context }) => waitCommand(context, name, WAIT, ledgerReading(scenario.ledger.db, context)));
    expect(await wait("dead")).toMatchObject({ code: 1, err: expect.stringContaining("CredentialDead") });
    await scenario.request("second", { flow: "Testing" });
    await scenario.requestState("second", "refused");
    expect(await wait("second")).toMatchObject({ code: 1, err: expect.stringContaining("never became a rotation") });
  });
});

it("a shape is closed: what it does not name is wrong", () => {
  expect(wrongShape("history", '{"rotations": []}')).toEqual([]);
  expect(wrongShape("history", '{"rotations": [], "more": 1}')).toHaveLength(1);
});

describe("history and status", () => {
  it("history tells how long it took, who asked, who approved and under which ticket", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    await atTheGate(scenario);
    const { gate } = await scenario.status("first");
    const approve = { action: "Approve", gate: "Revoke", confirm: CREDENTIAL_NAME, ticket: "OPS-1" } as const;
    await scenario.decide("ok", { requestRef: { name: "first" }, ...approve, digest: gate?.digest ?? "" });
    await scenario.ended("first");
    const history = async (options: object, name?: string) =>
      on(scenario, async ({ context }) =>
        historyCommand(context, name, { limit: "20", ...options }, ledgerReading(scenario.ledger.db, context)),
      );
    const { out } = await history({}, "team/token");
    expect(out).toMatch(/team +first +token +Done +\S+Z +[\d.]+ (ms|s) +ana +ben +OPS-0, OPS-1/);
    expect(wrongShape("history", (await history({ output: "json" })).out)).toEqual([]);
    expect((await history({ failed: true })).out).toBe("No failed rotation has ended yet.\n");
    expect((await history({ limit: "many" })).code).toBe(2);
  });

  it("status filters, and prints names that other commands take, wide tables, YAML and its documented JSON", async () => {
    await using scenario = await Scenario.open({ credential: APPROVAL });
    await atTheGate(scenario);
    await scenario.request("never", { flow: "Testing" });
    await scenario.requestState("never", "refused");
    const status = async (options: StatusOptions, name?: string) =>
      on(scenario, async ({ context }) =>
        statusCommand(context, name, options, ledgerReading(scenario.ledger.db, context)),
      );
    const names = async (options: StatusOptions) =>
      (await status({ ...options, output: "name" })).out.trim().split("\n");
    expect(await names({})).toEqual(["team/first", "team/never"]);
    expect(await names({ waiting: true })).toEqual(["team/first"]);
    expect(await names({ failed: true })).toEqual(["team/never"]);
    expect(await names({ state: "validated" })).toEqual(["team/first"]);
    expect(await names({ credential: "other" })).toEqual([""]);
    expect((await status({ output: "wide" })).out).toMatch(/WORKING +GATE[^]*team +first .*1\/1 +Revoke/);
    expect((await status({ output: "yaml" })).out).toMatch(/^rotations:\n {2}- namespace: team\n {4}name: first/);
    expect(wrongShape("status", (await status({ output: "json" })).out)).toEqual([]);
    expect((await status({}, "team/first")).out).toContain("The Revoke gate waits for a person");
  });
});
