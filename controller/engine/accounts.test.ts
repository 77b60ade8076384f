import { expect, it } from "vitest";
import type { Adapter } from "../../adapters/contract.ts";
import { Terminal } from "../../adapters/errors.ts";
import { FakeVendor, fakeAdapter } from "../../test/support/fake-vendor.ts";
import type { Snapshot } from "../domain/world.ts";
import { Accounts } from "./accounts.ts";

const ENDPOINTS = [{ name: "app", url: "https://app.example/ready", proves: "credential" as const }];
const clock = { now: () => new Date(), monotonicMs: () => performance.now() };

function opened(allow: Snapshot["accounts"][string]["spec"]["allow"]) {
  const registry: Record<string, Adapter> = { fake: fakeAdapter(new FakeVendor()) };
  const keys = [{ field: "value", name: "TOKEN" }];
  const snapshot = {
    request: {},
    credential: {
      uid: "u",
      namespace: "orders",
      name: "token",
      generation: 1,
      spec: {
        issuer: { account: "vendor", fake: { path: "issuer" } },
        consumers: [{ id: "app", account: "vendor", fake: { path: "orders/app" }, keys }],
      },
    },
    accounts: { vendor: { generation: 1, spec: { adapter: "fake", endpoints: ENDPOINTS, allow } } },
  } as unknown as Snapshot;
  return { accounts: new Accounts(registry, () => undefined, clock), snapshot };
}

function refusal(use: () => unknown): unknown {
  try {
    use();
  } catch (error) {
    return error;
  }
  return undefined;
}

it("asks an account's allow[] once more at each use, whatever was admitted", () => {
  const { accounts, snapshot } = opened([
    { namespaces: ["orders"], targets: { path: ["orders/*"] } },
    { namespaces: ["orders"], targets: { endpoint: ["app"] } },
  ]);
  expect(refusal(() => accounts.sink(snapshot, "app"))).toBeUndefined();
  expect(refusal(() => accounts.check(snapshot, "vendor", "app"))).toBeUndefined();
  const error = refusal(() => accounts.issuer(snapshot));
  expect(error).toBeInstanceOf(Terminal);
  expect(error).toMatchObject({ reason: "NotAllowed", message: expect.stringContaining("orders/token") });
});

it("lets nobody else in, for nothing", () => {
  const { accounts, snapshot } = opened([
    { namespaces: ["payments"] },
    { namespaces: ["orders"], credentials: ["other"] },
  ]);
  for (const use of [
    () => accounts.issuer(snapshot),
    () => accounts.sink(snapshot, "app"),
    () => accounts.check(snapshot, "vendor", "app"),
  ]) {
    expect(refusal(use)).toMatchObject({ reason: "NotAllowed" });
  }
});

it("asks for each workload of a restart, and lets no adapter restart that cannot", () => {
  const open = (targets: Record<string, string[]>[], adapter: Adapter, restart: object) => {
    const { snapshot } = opened(targets.map((each) => ({ namespaces: ["orders"], targets: each })));
    const { spec } = snapshot.credential as unknown as { spec: { consumers: [{ restart?: object }] } };
    spec.consumers[0].restart = restart;
    return refusal(() => new Accounts({ fake: adapter }, () => undefined, clock).sink(snapshot, "app"));
  };
  const fake = fakeAdapter(new FakeVendor());
  const restarting: Adapter = {
    ...fake,
    restartTargets: (_config, restart) => (restart as { names: string[] }).names.map((deployment) => ({ deployment })),
  };
  const [path, one] = [{ path: ["orders/*"] }, { deployment: ["one"] }];
  expect(open([path], fake, { names: [] })).toMatchObject({ reason: "RoleUnsupported" });
  expect(open([path], restarting, { names: ["one"] })).toMatchObject({ reason: "NotAllowed" });
  expect(open([path, one], restarting, { names: ["one", "two"] })).toMatchObject({ reason: "NotAllowed" });
  expect(open([path, one], restarting, { names: ["one"] })).toBeUndefined();
});
