import { describe, expect, it } from "vitest";
import { verifyAudit } from "../../controller/audit/verify.ts";
import type { EffectPoint } from "../../controller/engine/deps.ts";
import { Scenario } from "../support/scenario.ts";

const LEASE_MS = 700;

const open = async () => Scenario.open({ consumers: [{ id: "app" }, { id: "worker", wave: 1 }], leaseMs: LEASE_MS });

/** Every moment of an undisturbed rotation at which a replica can die. */
async function moments(): Promise<string[]> {
  await using scenario = await open();
  const seen: string[] = [];
  const count = new Map<string, number>();
  scenario.startMortal("a", (label, point) => void seen.push(momentOf(count, label, point)));
  await scenario.request("calm");
  await scenario.ended("calm");
  return seen;
}

function momentOf(count: Map<string, number>, label: string, point: EffectPoint): string {
  const key = `${label}:${point}`;
  count.set(key, (count.get(key) ?? 0) + 1);
  return `${key}:${count.get(key)}`;
}

async function dieAt(moment: string): Promise<void> {
  await using scenario = await open();
  const { vendor } = scenario;
  const count = new Map<string, number>();
  let died = false;
  scenario.startMortal("a", (label, point, die) => {
    if (momentOf(count, label, point) !== moment || died) return;
    died = true;
    die();
  });
  await scenario.request("crashed");
  await expect.poll(() => died, { timeout: 10_000, interval: 5 }).toBe(true);
  scenario.start("b");
  const view = await scenario.ended("crashed");
  expect(view.rotation.state, moment).toBe("done");
  expect(vendor.outages, moment).toEqual([]);
  const enabled = [...vendor.keys].filter(([, key]) => key.enabled);
  expect(
    enabled.map(([, key]) => key.value),
    moment,
  ).toEqual([vendor.held("custody")]);
  expect(vendor.held("app")).toBe(vendor.held("custody"));
  expect(vendor.held("worker")).toBe(vendor.held("custody"));
  expect(await scenario.sealedLeft()).toBe(0);
  expect((await verifyAudit(scenario.ledger.auditorUrl)).faults, moment).toEqual([]);
}

describe("a replica that is killed", () => {
  it("leaves no consumer without a working credential and no credential without an owner, wherever it dies", async () => {
    const all = await moments();
    expect(all.length).toBeGreaterThan(30);
    const lanes = Array.from({ length: 8 }, (_, lane) => all.filter((_, index) => index % 8 === lane));
    await Promise.all(
      lanes.map(async (lane) => {
        for (const moment of lane) await dieAt(moment);
      }),
    );
  }, 120_000);
});
