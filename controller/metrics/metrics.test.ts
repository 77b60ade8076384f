import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Scenario } from "../../test/support/scenario.ts";
import { Engine } from "../engine/engine.ts";
import { type Measures, readMeasures } from "../ledger/measures.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { createCount, scrapeOf } from "./scrape.ts";

const CHART = fileURLToPath(new URL("../../charts/velvet", import.meta.url));
let scenario: Scenario;
let metrics: Metrics;
let text: string;

beforeAll(async () => {
  scenario = await Scenario.open({ credential: { gates: { mint: "Automatic", revoke: "Approval" } } });
  metrics = createMetrics({ version: "0.1.0", concurrency: 8 });
  const engine = new Engine(
    { ...scenario.deps(), meter: metrics },
    {
      concurrency: 8,
      pollMs: 20,
      admission: { environment: "test", rotationOn: true, registry: { fake: scenario.adapter } },
    },
  );
  await scenario.request("aborted");
  await scenario.until("aborted", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
  await scenario.decide("no", { requestRef: { name: "aborted" }, action: "Abort" });
  await scenario.ended("aborted");
  await scenario.request("waits");
  await scenario.until("waits", ({ rotation }) => rotation.facts.gates?.Revoke !== undefined);
  await engine.stop();
  text = await metrics.text(await readMeasures(scenario.ledger.db));
});

afterAll(async () => scenario[Symbol.asyncDispose]());

function sample(name: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

describe("the metrics", () => {
  it("count calls by what they were and what came of them", () => {
    expect(sample('velvet_effect_seconds_count{effect="issuer.mint",outcome="done"}')).toBe(2);
    expect(sample('velvet_effect_seconds_count{effect="sink.write",outcome="done"}')).toBeGreaterThanOrEqual(4);
  });

  it("count turns of work and ends as controller-runtime and people would", () => {
    const passes = sample('controller_runtime_reconcile_total{controller="rotation",result="success"}');
    expect(passes).toBeGreaterThan(0);
    expect(sample('controller_runtime_reconcile_total{controller="rotation",result="error"}')).toBe(0);
    expect(sample('controller_runtime_active_workers{controller="rotation"}')).toBe(0);
    expect(sample('controller_runtime_max_concurrent_reconciles{controller="rotation"}')).toBe(8);
    expect(sample('velvet_rotations_ended_total{flow="Operational",state="aborted"}')).toBe(1);
  });

  it("tell what the ledger counts", () => {
    expect(sample('velvet_rotations{state="validated"}')).toBe(1);
    expect(sample("velvet_gates_open")).toBe(1);
    expect(sample("velvet_rotations_stalled")).toBe(0);
    expect(sample("velvet_credentials")).toBe(1);
    expect(sample("velvet_ledger_up")).toBe(1);
    expect(sample('velvet_source_ready{source="test"}')).toBe(1);
    expect(sample('velvet_source_synced_timestamp_seconds{source="test"}')).toBeGreaterThan(1.7e9);
  });

  it("say nothing of the ledger when it does not answer, instead of what was so before", async () => {
    text = await metrics.text(undefined);
    expect(sample("velvet_ledger_up")).toBe(0);
    expect(sample("velvet_gates_open")).toBeNaN();
    expect(text).not.toContain("velvet_rotations{");
    text = await metrics.text(await readMeasures(scenario.ledger.db));
    expect(sample("velvet_gates_open")).toBe(1);
  });

  it("ask the ledger once for all who scrape, and give up on one that does not answer", async () => {
    const measures = await readMeasures(scenario.ledger.db);
    let asked = 0;
    let now = 0;
    const late = new AbortController();
    const count = createCount({ monotonicMs: () => now, timeout: () => late.signal });
    expect(await count.ask()).toBeUndefined();
    count.from(async () => {
      asked++;
      return asked === 1 ? measures : new Promise<Measures>(() => undefined);
    });
    const scrape = scrapeOf(metrics, count);
    await Promise.all([scrape(), scrape(), scrape()]);
    expect(asked).toBe(1);
    now = 6_000;
    const hanging = scrape();
    late.abort();
    expect((await hanging).text).toContain("velvet_ledger_up 0");
    count.from(async () => Promise.reject(new Error("postgres://velvet:hunter2@db")));
    now = 12_000;
    expect((await scrape()).text).toContain("velvet_ledger_up 0");
  });

  it("have every name that the chart's alerts and its dashboard ask for", () => {
    const files = [
      ...readdirSync(join(CHART, "templates/monitoring")).map((file) => join("templates/monitoring", file)),
      "dashboards/velvet.json",
    ];
    const asked = new Set(
      files.flatMap((file) =>
        [
          ...readFileSync(join(CHART, file), "utf8").matchAll(
            /\b(velvet|controller_runtime|nodejs|workqueue)_[a-z0-9_]+/g,
          ),
        ].map(([name]) => name),
      ),
    );
    const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name));
    const missing = [...asked].filter(
      (name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, "")),
    );
    expect(missing).toEqual([]);
    expect(asked.size).toBeGreaterThan(15);
  });
});
