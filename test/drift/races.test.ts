import { describe, expect, it } from "vitest";
import type { DriftDeps } from "../../controller/drift/pass.ts";
import { tendDrift } from "../../controller/drift/tend.ts";
import type { Deps } from "../../controller/engine/deps.ts";
import type { Statement } from "../../controller/ledger/db.ts";
import { CREDENTIAL } from "../support/scenario.ts";
import { told, Watch } from "./watch.ts";

const CORRECT = { credential: { drift: { mode: "Correct" as const } } };

/** Called before and after each question to the outside of a look. */
function hooked(hook: Deps["hook"]): (deps: Deps) => Deps {
  return (deps) => ({ ...deps, ...(hook ? { hook } : {}) });
}

describe("a look that meets a rotation", () => {
  it("is not begun while one is under way", async () => {
    await using watch = await Watch.open();
    const { scenario } = watch;
    await scenario.change("Credential", CREDENTIAL, (spec: object) => ({
      ...spec,
      gates: { mint: "Approval", revoke: "Automatic" },
    }));
    await scenario.request("second");
    await scenario.until("second", ({ rotation }) => rotation.state === "verified");
    const before = watch.vendor.history.length;
    await watch.due();
    expect(await tendDrift(watch.deps())).toBe(0);
    expect(watch.vendor.history.length).toBe(before);
  });

  it("drops what it saw where one began and ended meanwhile: the rotation's own writes are no drift", async () => {
    await using watch = await Watch.open();
    let rotated: Promise<void> | undefined;
    const deps = watch.deps(
      "a",
      hooked(async (label, point) => {
        if (label === "drift.list" && point === "before") await (rotated ??= watch.rotate("second"));
      }),
    );
    expect(told(await watch.look(deps))).toEqual([]);
    expect((await watch.view()).checkedAt).toBeNull();
    expect(await watch.kinds()).toEqual([]);
    expect(await watch.events()).toEqual([]);
  });

  it("keeps it from beginning while a correction is under way, and tells it how long that can land", async () => {
    await using watch = await Watch.open(CORRECT);
    const { scenario } = watch;
    await watch.sql("update velvet.rotation set ended_at = ended_at - interval '1 hour'");
    watch.vendor.overwrite("app", "another");
    const states: string[] = [];
    const deps = watch.deps(
      "a",
      hooked(async (label, point) => {
        if (label !== "drift.write" || point !== "before") return;
        await scenario.request("second");
        // Refused again and again until the correction has its outcome.
        await scenario.requestState("second", "pending");
        for (let looks = 0; looks < 5; looks += 1) {
          const rows = await watch.sql<{ state: string }>("select state from velvet.request where name = 'second'");
          states.push(rows[0]?.state ?? "");
          await new Promise((resolve) => setImmediate(resolve));
        }
      }),
    );
    await watch.look(deps);
    expect(new Set(states)).toEqual(new Set(["pending"]));
    const view = await scenario.until("second", ({ rotation }) => rotation.state !== "verifying", 20_000);
    const app = view.consumers.find(({ id }) => id === "app");
    expect(app?.facts.unsureUntil, "a copy of the correction may still land").toBeDefined();
  });

  it("corrects nothing where one has begun since it looked", async () => {
    await using watch = await Watch.open(CORRECT);
    watch.vendor.overwrite("app", "another");
    await watch.scenario.change("Credential", CREDENTIAL, (spec: object) => ({
      ...spec,
      gates: { mint: "Approval", revoke: "Automatic" },
    }));
    let begun: Promise<unknown> | undefined;
    const begin = async (): Promise<void> => {
      await watch.sql("update velvet.rotation set ended_at = ended_at - interval '1 hour'");
      await watch.scenario.request("second");
      await watch.scenario.until("second", ({ rotation }) => rotation.state === "verified");
    };
    const before = watch.vendor.calls("sink.write").length;
    const deps = watch.deps(
      "a",
      hooked(async (label, point) => {
        if (label === "drift.verify" && point === "after") await (begun ??= begin());
      }),
    );
    await watch.look(deps);
    expect(begun).toBeDefined();
    expect(watch.vendor.calls("sink.write")).toHaveLength(before);
    expect(await watch.sql("select from velvet.correction")).toEqual([]);
  });
});

describe("replicas", () => {
  it("share the work: each Credential is looked at by one of them", async () => {
    await using watch = await Watch.open();
    await twins(watch, 24);
    await watch.due();
    const before = watch.vendor.calls("issuer.list").length;
    const { promise: both, resolve } = Promise.withResolvers<void>();
    const begun = new Set<string>();
    // No replica has room for all of them, and nothing ends before each of the two has something under way.
    const gathering = (name: string): DriftDeps => {
      const join = async (): Promise<void> => {
        if (begun.add(name).size === 2) resolve();
        await both;
      };
      return watch.deps(name, hooked(join));
    };
    const [a, b] = [gathering("a"), gathering("b")];
    const drain = async (deps: typeof a): Promise<number> => {
      let done = 0;
      for (let found = await tendDrift(deps); found > 0; found = await tendDrift(deps)) done += found;
      return done;
    };
    const [first, second] = await Promise.all([drain(a), drain(b)]);
    expect(first + second).toBe(25);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(0);
    expect(watch.vendor.calls("issuer.list").length - before).toBe(25);
  });

  it("take over from one that stood still, which then writes nothing more", async () => {
    await using watch = await Watch.open(CORRECT);
    watch.vendor.overwrite("app", "another");
    const { promise: asleep, resolve: wake } = Promise.withResolvers<void>();
    const { promise: sleeps, resolve: slept } = Promise.withResolvers<void>();
    let isAsleep = false;
    let claiming: Promise<unknown> | undefined;
    const sleeper = watch.deps("a", (deps) => ({
      ...hooked(async (label, point) => {
        if (label !== "drift.verify" || point !== "after") return;
        isAsleep = true;
        slept();
        await asleep;
      })(deps),
      // Nor does it claim anything.
      db: {
        ...deps.db,
        query: async <Row>(statement: Statement, values?: readonly unknown[]) => {
          if (statement.name !== "claim_checks") return deps.db.query<Row>(statement, values);
          if (isAsleep) return [];
          const claimed = deps.db.query<Row>(statement, values);
          claiming = claimed;
          return claimed;
        },
      },
    }));
    await watch.due();
    const going = tendDrift(sleeper);
    await sleeps;
    await claiming;
    await watch.sql("update velvet.drift_check set lease_until = '-infinity'");
    await watch.look(watch.deps("b"));
    expect(watch.vendor.held("app")).toBe(watch.current);
    const writes = watch.vendor.calls("sink.write").length;
    wake();
    await going;
    expect(watch.vendor.calls("sink.write")).toHaveLength(writes);
    expect(await watch.events()).toEqual(["DriftFound", "CorrectionIntended", "CorrectionEnded", "DriftGone"]);
  });
});

/** The same Credential under other names. */
async function twins(watch: Watch, count: number): Promise<void> {
  await watch.sql(
    `with o as (
       insert into velvet.object (kind, namespace, name, source, spec, spec_hash)
       select 'Credential', namespace, name || '-' || n, 'other', spec, spec_hash
       from velvet.object, generate_series(1, ${count}) n where kind = 'Credential' returning uid, namespace, name)
     insert into velvet.credential (uid, namespace, name, current_id)
     select o.uid, o.namespace, o.name, k.current_id from o, velvet.credential k`,
  );
}

/** It dies there: nothing of it reaches the ledger or the vendor any more. */
async function dying(watch: Watch, at: string): Promise<void> {
  const never = async <T>(): Promise<T> => new Promise<T>(() => undefined);
  const { promise: death, resolve: die } = Promise.withResolvers<void>();
  let dead = false;
  const underWay = new Set<Promise<unknown>>();
  const sent = async <T>(asked: Promise<T>): Promise<T> => {
    underWay.add(asked);
    return asked.finally(() => underWay.delete(asked));
  };
  const deps = watch.deps("mortal", (alive) => ({
    ...alive,
    db: {
      query: async (statement, values) => {
        if (!dead && `before ${statement.name}` === at) end();
        if (dead) return never();
        const rows = await sent(alive.db.query<never>(statement, values));
        if (`after ${statement.name}` === at) end();
        return dead ? never() : rows;
      },
      transaction: async (run) => {
        if (dead) return never();
        const names: string[] = [];
        const result = await sent(
          alive.db.transaction(async (tx) => {
            const inside = await run({
              ...tx,
              query: async (statement, values) => {
                names.push(statement.name);
                return tx.query(statement, values);
              },
            });
            if (names.some((name) => `before ${name}` === at)) end();
            if (dead) throw new Error("it died before the commit");
            return inside;
          }),
        );
        if (names.some((name) => `after ${name}` === at)) end();
        return dead ? never() : result;
      },
    },
    hook: async (label, point) => {
      if (`${point} ${label}` === at) end();
      if (dead) await never();
    },
  }));
  const end = (): void => {
    dead = true;
    die();
  };
  await watch.due();
  void tendDrift(deps).catch(() => undefined);
  await death;
  // What it had asked before, a claim for example, is answered by now.
  await Promise.allSettled(underWay);
}

const MOMENTS = [
  "before drift.observe",
  "after drift.observe",
  "after drift.list",
  "after drift.verify",
  "before record_checks",
  "after record_checks",
  "before begin_correction",
  "after begin_correction",
  "before drift.write",
  "after drift.write",
  "before end_correction",
  "after end_correction",
  "before drift.settle",
  "after drift.settle",
];

describe("a replica that dies in the middle of a correction", () => {
  it.each(MOMENTS)("%s leaves nothing that the next one does not end well", async (moment) => {
    await using watch = await Watch.open(CORRECT);
    watch.vendor.overwrite("app", "another");
    await dying(watch, moment);
    expect(["another", watch.current]).toContain(watch.vendor.held("app"));
    // Its lease runs out, and its request cannot land any more.
    await watch.sql("update velvet.drift_check set lease_until = '-infinity'");
    await watch.sql("update velvet.correction set lands_until = clock_timestamp() - interval '1 second'");
    await watch.look(watch.deps("b"));
    const view = await watch.look(watch.deps("b"));
    expect(watch.vendor.held("app")).toBe(watch.current);
    expect(view).toMatchObject({ state: "clean", findings: [] });
    const events = await watch.events();
    expect(events.filter((event) => event === "DriftFound").length).toBe(1);
    expect(events.filter((event) => event === "DriftGone").length).toBe(1);
    const [{ most }] = (await watch.sql(
      "select count(*)::int as most from velvet.correction where outcome is distinct from 'done'",
    )) as [{ most: number }];
    expect(most).toBeLessThanOrEqual(1);
    await watch.rotate("second");
    expect(await watch.kinds()).toEqual([]);
  });
});
