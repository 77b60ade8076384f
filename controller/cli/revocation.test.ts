/** What a person sees of a Revocation, and does about it, on a real ledger with a real engine. */
import { expect, it } from "vitest";
import { Scenario } from "../../test/support/scenario.ts";
import type { ExitCode } from "./command.ts";
import { describeCommand } from "./describe.ts";
import { investigateCommand, type InvestigateOptions } from "./investigate.ts";
import { ledgerDesk } from "./ledger-desk.ts";
import { ledgerReading } from "./ledger-reading.ts";
import { planCommand } from "./plan.ts";
import { requestCommand } from "./request.ts";
import { resolveLeakCommand } from "./resolve-leak.ts";
import { wrongShape } from "./shapes.fixture.ts";
import { statusCommand } from "./status.ts";
import { type Tapes, tapes } from "./tape.fixture.ts";

const LEAK = { flow: "Revocation", reason: "in a public log", ticket: "SEC-7" } as const;
const GATE = {
  account: {
    endpoints: [
      {
        name: "gate",
        url: "https://gate.example/",
        proves: "credential",
        send: { field: "value", header: "Authorization" },
      },
    ],
  },
  consumers: [{ id: "gate", role: "acceptor", check: { type: "http", account: "vendor", endpoint: "gate" } }],
} as const;

async function on(scenario: Scenario, run: (said: Tapes) => Promise<ExitCode>): Promise<string> {
  const said = tapes(async () => ({ fake: scenario.adapter }), { VELVET_ENV: "test" });
  expect(await run(said)).toBeLessThan(3);
  return said.out() + said.err();
}

async function described(scenario: Scenario, name: string, json = false): Promise<string> {
  return on(scenario, async ({ context }) =>
    describeCommand(context, name, json ? { output: "json" } : {}, ledgerReading(scenario.ledger.db, context)),
  );
}

async function investigated(scenario: Scenario, name: string, options: InvestigateOptions = {}): Promise<string> {
  return on(scenario, async ({ context }) =>
    investigateCommand(context, name, options, ledgerReading(scenario.ledger.db, context)),
  );
}

it("is shown from the leak to what comes next, with the command for each", async () => {
  await using scenario = await Scenario.open(GATE);
  scenario.vendor.check = () => ({ outcome: "pass", reason: "StatusExpected", message: "answered 200 | `@all`." });
  scenario.start();
  await scenario.request("leaked", LEAK);
  await scenario.until("leaked", ({ rotation }) => rotation.state === "rev_leaked", 30_000);
  const leaking = await described(scenario, "leaked");
  expect(leaking).toMatch(/gate +vendor +leaking +It lets the old value in\. answered 200/);
  expect(leaking).toContain("velvet resolve-leak team/leaked --ticket <ticket> --reason <why>");
  expect(wrongShape("describe", await described(scenario, "leaked", true))).toEqual([]);
  const ticket = await investigated(scenario, "leaked");
  expect(ticket).toContain("# gate still lets the leaked credential team/token in\n");
  expect(ticket).toContain(
    String.raw`| gate | vendor | leaking | It lets the old value in. answered 200 \| \`\@all\`. |`,
  );
  expect(ticket).toContain("`velvet resolve-leak team/leaked --ticket <ticket> --reason <why>`");
  expect(wrongShape("investigate", await investigated(scenario, "leaked", { output: "json" }))).toEqual([]);
  const said = await on(scenario, async ({ context }) =>
    resolveLeakCommand(
      context,
      "leaked",
      "gate",
      { reason: "off the network", ticket: "SEC-7", decidedBy: "ben", now: true, timeout: "10s" },
      async (work) => work(ledgerDesk(context, scenario.ledger.db)),
    ),
  );
  expect(said).toContain("Nobody asks gate any more.");
  await scenario.ended("leaked");
  await expect(investigated(scenario, "leaked")).rejects.toThrow(
    "No consumer of leaked is known to let an old value in.",
  );
  await expect(investigated(scenario, "unknown")).rejects.toThrow("unknown");
  const done = await described(scenario, "leaked");
  expect(done).toContain("To be requested next");
  expect(done).toContain("name: leaked-follow-up");
  expect(done).toContain("velvet request rotate token --after leaked -n team --reason <why>");
  expect(wrongShape("describe", await described(scenario, "leaked", true))).toEqual([]);
}, 60_000);

it("says of the rotation that it pre-empted what did that", async () => {
  await using scenario = await Scenario.open({ credential: { gates: { mint: "Approval" } } });
  scenario.start();
  await scenario.request("quarterly");
  await scenario.until("quarterly", ({ rotation }) => rotation.facts.gates?.Mint !== undefined);
  await scenario.request("later", { ...LEAK, notBefore: "2099-01-01T00:00:00Z", deadline: "2099-02-01T00:00:00Z" });
  const plan = await on(scenario, async ({ context }) => planCommand(context, "later", {}, scenario.ledger.db));
  expect(plan).toContain("It ends at once, for every consumer: key-0. It pre-empts quarterly.");
  await scenario.request("leaked", LEAK);
  await scenario.ended("leaked");
  expect(await described(scenario, "quarterly")).toContain("The Revocation team/leaked pre-empted it in Verified.");
  expect(await described(scenario, "leaked")).toMatch(/Pre-empted +quarterly, in Verified/);
  const status = await on(scenario, async ({ context }) =>
    statusCommand(context, undefined, { all: true }, ledgerReading(scenario.ledger.db, context)),
  );
  expect(status).toContain("The Revocation team/leaked pre-empted it in Verified.");
});

it("is followed by a request with a name that follows from its own, and expects it dead", async () => {
  const said = tapes();
  const options = {
    flow: "Operational",
    reason: "after it",
    deadline: "7d",
    requestedBy: "ana",
    after: "leaked",
  } as const;
  expect(await requestCommand(said.context, "token", options)).toBe(0);
  expect(said.out()).toMatch(/name: leaked-follow-up\n[^]*expect: Dead/);
});
