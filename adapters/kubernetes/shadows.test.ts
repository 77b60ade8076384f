import { describe, expect, it } from "vitest";
import { keys, never, newWorld } from "./bench.fixture.ts";

const RESTART = { deployments: ["orders"] };
const FROM_SECRET = { secretRef: { name: "orders-app" } };
const ours = (key: string) => ({ valueFrom: { secretKeyRef: { name: "orders-app", key } } });

async function running(container: object) {
  const world = await newWorld();
  const deployment = world.vendor.workloads.make("deployments", "orders", "orders");
  deployment.containers = [{ name: "sidecar" }, { name: "web", ...container }];
  await world.sink().write(keys({ TOKEN: "t" }), never);
  const shadows = async (restart: object | undefined = RESTART) => world.sink({}, restart).shadows?.(["TOKEN"], never);
  return Object.assign(world, { shadows });
}

const HIDDEN = { TOKEN: { by: "the entry TOKEN in env of the container web of the Deployment orders" } };

describe("a key of a Secret", () => {
  it.each([
    [
      "a plain entry of the same name, before envFrom",
      { envFrom: [FROM_SECRET], env: [{ name: "TOKEN", value: "x" }] },
    ],
    [
      "another Secret's key under the same name",
      {
        envFrom: [FROM_SECRET],
        env: [{ name: "TOKEN", valueFrom: { secretKeyRef: { name: "other", key: "TOKEN" } } }],
      },
    ],
    [
      "a later entry of the same name",
      {
        env: [
          { name: "TOKEN", ...ours("TOKEN") },
          { name: "TOKEN", value: "x" },
        ],
      },
    ],
  ])("is hidden by %s", async (_, container) => {
    await using world = await running(container);
    expect(await world.shadows()).toEqual(HIDDEN);
  });

  it.each([
    ["the whole Secret is read", { envFrom: [FROM_SECRET], env: [{ name: "LOG_LEVEL", value: "info" }] }],
    ["the entry reads that very key", { envFrom: [FROM_SECRET], env: [{ name: "TOKEN", ...ours("TOKEN") }] }],
    [
      "the last of two entries reads it",
      {
        env: [
          { name: "TOKEN", value: "x" },
          { name: "TOKEN", ...ours("TOKEN") },
        ],
      },
    ],
    [
      "it is read under a prefix",
      { envFrom: [{ ...FROM_SECRET, prefix: "APP_" }], env: [{ name: "TOKEN", value: "x" }] },
    ],
    ["the container does not read this Secret", { env: [{ name: "TOKEN", value: "x" }] }],
    ["nobody says what the container holds", {}],
  ])("is not hidden where %s", async (_, container) => {
    await using world = await running(container);
    expect(await world.shadows()).toEqual({});
  });

  it("is hidden under the name that a prefix gives it", async () => {
    const envFrom = [{ ...FROM_SECRET, prefix: "APP_" }];
    await using world = await running({ envFrom, env: [{ name: "APP_TOKEN", value: "x" }] });
    expect(await world.shadows()).toMatchObject({ TOKEN: { by: expect.stringContaining("the entry APP_TOKEN") } });
  });

  const LATER = { TOKEN: { by: "the Secret other, later in envFrom, of the container web of the Deployment orders" } };
  const OTHER = { secretRef: { name: "other" } };
  const MAP = { configMapRef: { name: "settings" } };

  it.each<[string, object[], object]>([
    ["a later Secret with the same key", [FROM_SECRET, OTHER], LATER],
    [
      "a later ConfigMap with the same key",
      [FROM_SECRET, MAP],
      { TOKEN: { by: expect.stringContaining("ConfigMap") } },
    ],
    [
      "a later prefix that makes the same name",
      [
        { ...FROM_SECRET, prefix: "A_" },
        { ...MAP, prefix: "A_" },
      ],
      { TOKEN: {} },
    ],
    ["nothing, as an earlier one does not count", [OTHER, MAP, FROM_SECRET], {}],
    ["nothing, as ours comes last again", [FROM_SECRET, OTHER, FROM_SECRET], {}],
    ["nothing, as the prefix makes another name", [FROM_SECRET, { ...OTHER, prefix: "B_" }], {}],
    ["nothing, as the later one has other keys", [FROM_SECRET, { secretRef: { name: "others" } }], {}],
    ["nothing, as the later one is not there", [FROM_SECRET, { secretRef: { name: "gone", optional: true } }], {}],
  ])("is hidden by %s", async (_, envFrom, hidden) => {
    await using world = await running({ envFrom });
    world.vendor.plant("orders", "other", { TOKEN: "another-value" });
    world.vendor.plant("orders", "others", { LEVEL: "1" });
    world.vendor.plantMap("orders", "settings", { TOKEN: "another-value" });
    const found = await world.shadows();
    expect(found).toMatchObject(hidden);
    expect(Object.keys(found ?? {})).toEqual(Object.keys(hidden));
  });

  it("is asked about by metadata alone, once for each later object, and left out where that may not be seen", async () => {
    await using world = await running({ envFrom: [FROM_SECRET, OTHER, MAP] });
    world.vendor.plant("orders", "other", { TOKEN: "another-value" });
    const before = world.vendor.seen.length;
    expect(await world.shadows()).toEqual(LATER);
    expect(world.vendor.seen.slice(before).map(({ path }) => path.split("/").at(-1))).toEqual([
      "orders",
      "settings",
      "other",
    ]);
    world.vendor.denied.add("get secrets/other");
    expect(await world.shadows()).toEqual({});
  });

  it("costs a request for each workload that its restart names, and none where it names none", async () => {
    await using world = await running({ envFrom: [FROM_SECRET], env: [{ name: "TOKEN", value: "x" }] });
    const before = world.vendor.seen.length;
    expect(await world.shadows({})).toEqual({});
    expect(world.vendor.seen.length).toBe(before);
    await world.shadows();
    expect(world.vendor.seen.length).toBe(before + 1);
    expect(await world.shadows({ deployments: ["gone"] })).toEqual({});
  });
});
