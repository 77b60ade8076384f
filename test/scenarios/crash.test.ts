import { describe, expect, it } from "vitest";
import { verifyAudit } from "../../controller/audit/verify.ts";
import type { EffectPoint } from "../../controller/engine/deps.ts";
import { Scenario } from "../support/scenario.ts";

const LEASE_MS = 700;
const LANES = 8;

/** A story that ends by itself, whichever replica carries it on. */
interface Story {
  readonly open: () => Promise<Scenario>;
  readonly tell: (scenario: Scenario) => Promise<void>;
  readonly judge: (scenario: Scenario, moment: string) => void;
}

const ROTATED: Story = {
  open: async () => Scenario.open({ consumers: [{ id: "app" }, { id: "worker", wave: 1 }], leaseMs: LEASE_MS }),
  tell: async (scenario) => scenario.request("crashed"),
  judge: ({ vendor }, moment) => {
    const enabled = [...vendor.keys.values()].filter((key) => key.enabled);
    expect(
      enabled.map((key) => key.value),
      moment,
    ).toEqual([vendor.held("custody")]);
    expect(vendor.held("custody"), moment).not.toBe("old-value");
    expect(vendor.held("worker"), moment).toBe(vendor.held("custody"));
  },
};

const ABORTED: Story = {
  open: async () =>
    Scenario.open({ consumers: [{ id: "app" }, { id: "laptop", check: { type: "manual" } }], leaseMs: LEASE_MS }),
  tell: async (scenario) => {
    await scenario.request("crashed");
    await scenario.until("crashed", ({ consumers }) =>
      consumers.some((row) => row.id === "laptop" && row.state === "settled"),
    );
    await scenario.decide("stop", { requestRef: { name: "crashed" }, action: "Abort" });
  },
  judge: ({ vendor }, moment) => {
    expect(
      [...vendor.keys].filter(([, key]) => key.enabled).map(([id]) => id),
      moment,
    ).toEqual(["key-0"]);
    expect(vendor.held("custody"), moment).toBe("old-value");
    expect(vendor.held("laptop"), moment).toBe("old-value");
  },
};

/** Every moment of an undisturbed telling at which a replica can die. */
async function moments(story: Story): Promise<string[]> {
  await using scenario = await story.open();
  const seen: string[] = [];
  const count = new Map<string, number>();
  scenario.startMortal("a", (label, point) => void seen.push(momentOf(count, label, point)));
  await story.tell(scenario);
  await scenario.ended("crashed");
  return seen;
}

function momentOf(count: Map<string, number>, label: string, point: EffectPoint): string {
  const key = `${label}:${point}`;
  count.set(key, (count.get(key) ?? 0) + 1);
  return `${key}:${count.get(key)}`;
}

async function dieAt(story: Story, moment: string): Promise<void> {
  await using scenario = await story.open();
  const count = new Map<string, number>();
  let died = false;
  scenario.startMortal("a", (label, point, die) => {
    if (died || momentOf(count, label, point) !== moment) return;
    died = true;
    die();
    scenario.start("b");
  });
  await story.tell(scenario);
  const view = await scenario.ended("crashed");
  expect(died, moment).toBe(true);
  expect(view.rotation.state, moment).toBe(story === ROTATED ? "done" : "aborted");
  expect(scenario.vendor.outages, moment).toEqual([]);
  expect(scenario.vendor.held("app"), moment).toBe(scenario.vendor.held("custody"));
  story.judge(scenario, moment);
  expect(await scenario.sealedLeft(), moment).toBe(0);
  expect((await verifyAudit(scenario.ledger.auditorUrl)).faults, moment).toEqual([]);
}

describe("a replica that is killed", () => {
  it.each([
    ["a rotation", ROTATED],
    ["an abort", ABORTED],
  ])(
    "at any moment of %s leaves no consumer without a working credential and no credential without an owner",
    async (_, story) => {
      const all = await moments(story);
      expect(all.length).toBeGreaterThan(30);
      const lanes = Array.from({ length: LANES }, (_, lane) => all.filter((_, index) => index % LANES === lane));
      await Promise.all(
        lanes.map(async (lane) => {
          for (const moment of lane) await dieAt(story, moment);
        }),
      );
    },
    120_000,
  );
});
