/** How drift is shown: in a terminal, as JSON, in the cluster. */
import { describe, expect, it } from "vitest";
import { driftEntryOf, driftSubjectOf } from "../../controller/cli/cluster/drift.ts";
import type { CredentialObject } from "../../controller/cli/cluster/resources.ts";
import { decideOnDrift } from "../../controller/cli/drift-decisions.ts";
import { driftCommand } from "../../controller/cli/drift.ts";
import { CommandFailure } from "../../controller/cli/failure.ts";
import { ledgerDesk } from "../../controller/cli/ledger-desk.ts";
import { ledgerReading } from "../../controller/cli/ledger-reading.ts";
import { wrongShape } from "../../controller/cli/shapes.fixture.ts";
import { statusCommand } from "../../controller/cli/status.ts";
import { type Tapes, tapes } from "../../controller/cli/tape.fixture.ts";
import { openProjector } from "../../controller/projections/kubernetes/project.ts";
import { openSubjects } from "../../controller/projections/kubernetes/subjects.ts";
import { readStatuses } from "../../controller/projections/kubernetes/reading.ts";
import { tendDrift } from "../../controller/drift/tend.ts";
import { CREDENTIAL, NAMESPACE } from "../support/scenario.ts";
import { Watch } from "./watch.ts";

function desk(watch: Watch): Tapes {
  return tapes(async () => ({ fake: watch.scenario.adapter }), { VELVET_ENV: "test" });
}

async function drift(watch: Watch, credential?: string, output?: "json"): Promise<string> {
  const said = desk(watch);
  const reading = ledgerReading(watch.scenario.ledger.db, said.context);
  await driftCommand(said.context, credential, output === undefined ? {} : { output }, reading);
  return said.out();
}

async function status(watch: Watch, output?: "json"): Promise<string> {
  const said = desk(watch);
  const reading = ledgerReading(watch.scenario.ledger.db, said.context);
  await statusCommand(said.context, undefined, output === undefined ? {} : { output }, reading);
  return said.out();
}

async function inCluster(watch: Watch): Promise<{ conditions: Record<string, unknown>[]; consumers: unknown[] }> {
  const subject = {
    kind: "Credential",
    namespace: NAMESPACE,
    name: CREDENTIAL,
    generation: 1,
    createdAt: "2026-01-01T00:00:00Z",
  } as const;
  const fail = (error: unknown): never => {
    throw error;
  };
  const [found] = [...(await readStatuses(watch.scenario.ledger.db, "test", [subject], fail)).values()];
  return found as never;
}

async function touched(watch: Watch): Promise<number> {
  const [row] = await watch.sql<{ version: number }>(
    `select version::int from velvet.outbox where topic = 'Credential' and key = '${NAMESPACE}/${CREDENTIAL}'`,
  );
  return row?.version ?? 0;
}

describe("what people are shown", () => {
  it("says before the first look that nobody has looked, and afterwards at which grade each place is seen", async () => {
    await using watch = await Watch.open();
    expect((await inCluster(watch)).conditions).toContainEqual(
      expect.objectContaining({ type: "Drifted", status: "Unknown", reason: "NotChecked" }),
    );
    watch.vendor.traitsOf.set("worker", { grade: "none", atomic: true, conditional: false });
    await watch.look();
    const text = await drift(watch, CREDENTIAL);
    expect(text).toMatch(/app +value +in-place +holds the value that the ledger knows/);
    expect(text).toMatch(/worker +none +unseen +nothing of it can be seen/);
    expect(await status(watch)).not.toContain("drifted");
    const shown = await inCluster(watch);
    expect(shown.conditions).toContainEqual(
      expect.objectContaining({ type: "Drifted", status: "False", reason: "NothingDrifted" }),
    );
    expect(shown.consumers).toContainEqual(expect.objectContaining({ id: "worker", grade: "none", drifted: false }));
  });

  it("names what differs, since when, and the commands; JSON keeps its shape", async () => {
    await using watch = await Watch.open();
    await watch.look();
    const before = await touched(watch);
    watch.vendor.overwrite("app", "another");
    await watch.look();
    expect(await touched(watch)).toBeGreaterThan(before);
    const quiet = await touched(watch);
    await watch.look();
    expect(await touched(watch), "the same drift again is no news").toBe(quiet);
    const text = await drift(watch, CREDENTIAL);
    expect(text).toContain("ValueChanged at app, seen by value");
    expect(text).toContain("velvet drift correct team/token --consumer app --reason <why>");
    expect(await drift(watch)).toMatch(/team +token +Warn +yes .*ValueChanged at app/);
    expect(wrongShape("drift", await drift(watch, undefined, "json"))).toEqual([]);
    expect(await status(watch)).toContain(
      "1 Credential has drifted: team/token (ValueChanged at app). See velvet drift.",
    );
    expect(wrongShape("status", await status(watch, "json"))).toEqual([]);
    const { conditions, consumers } = await inCluster(watch);
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: "Drifted", status: "True", reason: "ValueChanged" }),
    );
    expect(consumers).toContainEqual(expect.objectContaining({ id: "app", drifted: true, reason: "ValueChanged" }));
    expect(new Set(conditions.map(({ type }) => type)).size).toBe(conditions.length);
  });

  it("stalls on a fight, and knows no Credential that nobody watches", async () => {
    await using watch = await Watch.open({ credential: { drift: { mode: "Correct" } } });
    for (const value of ["a", "b", "c", "d"]) {
      watch.vendor.overwrite("app", value);
      await watch.look();
    }
    const { conditions } = await inCluster(watch);
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: "Stalled", status: "True", reason: "DriftFight" }),
    );
    await expect(drift(watch, "nobody")).rejects.toThrow(CommandFailure);
  });

  it("says nothing of a Credential whose manifest says so", async () => {
    await using watch = await Watch.open();
    watch.vendor.overwrite("app", "another");
    await watch.look();
    await watch.scenario.change("Credential", CREDENTIAL, (spec: object) => ({ ...spec, drift: { mode: "Disabled" } }));
    const before = watch.vendor.history.length;
    expect(await watch.look()).toMatchObject({ state: "disabled", findings: [] });
    expect(watch.vendor.history.length).toBe(before);
    expect((await inCluster(watch)).conditions).toContainEqual(
      expect.objectContaining({ type: "Drifted", status: "Unknown", reason: "DriftDisabled" }),
    );
  });
});

describe("an Event in the cluster", () => {
  it("is made when drift begins and when it ends, and not while it stays", async () => {
    await using watch = await Watch.open();
    await watch.look();
    const subjects = openSubjects();
    const said: string[] = [];
    const written = new Bell();
    const metadata = { namespace: NAMESPACE, name: CREDENTIAL, uid: "u1", generation: 1, resourceVersion: "1" };
    const path = `Credential/${NAMESPACE}/${CREDENTIAL}`;
    const projector = openProjector({
      db: watch.scenario.ledger.db,
      source: "test",
      subjects,
      write: async (_, status) => {
        queueMicrotask(() => written.ring());
        return { stored: status, resourceVersion: "2" };
      },
      announce: ({ type, reason }) => said.push(`${type} ${reason}`),
      onTrouble: (error) => said.push(String(error)),
      monotonicMs: () => performance.now(),
      random: () => 0.5,
      pollMs: 10,
    });
    const stop = new AbortController();
    subjects.seen("Credential", {
      apiVersion: "velvet.raxx.app/v1alpha1",
      kind: "Credential",
      metadata,
      status: {},
    });
    projector.nudge(path);
    const running = projector.run(stop.signal);
    await written.rung(1);
    watch.vendor.overwrite("app", "another");
    await watch.look();
    await written.rung(2);
    await watch.look();
    watch.vendor.overwrite("app", watch.current);
    await watch.look();
    await written.rung(3);
    await new Promise(setImmediate);
    stop.abort();
    await running;
    expect(said).toEqual(["Normal Current", "Warning ValueChanged", "Normal NothingDrifted"]);
  });
});

/** Counts, and wakes who waits for so many. */
class Bell {
  #count = 0;
  #waiting: { readonly at: number; readonly go: () => void }[] = [];

  ring(): void {
    this.#count += 1;
    for (const { at, go } of this.#waiting) if (at <= this.#count) go();
  }

  async rung(at: number): Promise<void> {
    if (this.#count < at) await new Promise<void>((go) => this.#waiting.push({ at, go }));
  }
}

describe("from the status of a resource", () => {
  it("says what the ledger would say, as far as a status shows it", () => {
    const at = "2026-11-27T10:00:00Z";
    const object = {
      metadata: { namespace: "orders", name: "orders-db" },
      spec: { drift: { mode: "Correct" }, issuer: { account: "a" }, consumers: [] },
      status: {
        conditions: [
          {
            type: "Drifted",
            status: "True",
            reason: "CurrentMissing",
            message: "it is not there",
            lastTransitionTime: at,
          },
        ],
        consumers: [
          { id: "custody", state: "Working", grade: "value", drifted: false },
          {
            id: "app",
            state: "Working",
            grade: "version",
            drifted: true,
            reason: "ValueChanged",
            since: at,
            message: "m",
          },
          { id: "new", state: "Pending" },
        ],
      },
    } as unknown as CredentialObject;
    const entry = driftEntryOf(object);
    expect(entry).toMatchObject({ drifted: "True", reason: "CurrentMissing", mode: "Correct" });
    expect(entry.places.map(({ place, state }) => `${place} ${state}`)).toEqual(["custody in-place", "app drifted"]);
    expect(entry.findings.map(({ place, kind }) => `${place} ${kind}`)).toEqual([
      "the vendor CurrentMissing",
      "app ValueChanged",
    ]);
    expect(driftSubjectOf(object, []).findings.map(({ place, kind }) => `${place} ${kind}`)).toEqual([
      "@vendor CurrentMissing",
      "app ValueChanged",
    ]);
    expect(wrongShape("drift", JSON.stringify({ credentials: [entry] }))).toEqual([]);
    expect(driftEntryOf({ ...object, status: {} })).toMatchObject({
      drifted: "Unknown",
      findings: [],
    });
  });
});

describe("velvet drift correct and accept", () => {
  const OPTIONS = { reason: "by hand", decidedBy: "ana", now: true, timeout: "10s" };

  it("decide at the ledger, and say what follows", async () => {
    await using watch = await Watch.open();
    watch.vendor.overwrite("app", "another");
    await watch.look();
    const said = desk(watch);
    const access = async <T>(work: (at: ReturnType<typeof ledgerDesk>) => Promise<T>) =>
      work(ledgerDesk(said.context, watch.scenario.ledger.db));
    const over = new AbortController();
    const looking = (async () => {
      while (!over.signal.aborted) await tendDrift(watch.deps());
    })();
    const code = await decideOnDrift(said.context, "correct", CREDENTIAL, { ...OPTIONS, consumer: "app" }, access);
    over.abort();
    await looking;
    expect(code).toBe(0);
    expect(said.err()).toContain("app: ValueChanged");
    await watch.look();
    expect(watch.vendor.held("app")).toBe(watch.current);
    await expect(decideOnDrift(said.context, "accept", CREDENTIAL, OPTIONS, access)).rejects.toMatchObject({
      exitCode: 2,
      text: { happened: expect.stringContaining("NoDrift") },
    });
  });
});
