import { describe, expect, it } from "vitest";
import { everything, failure } from "../conformance/wire.ts";
import { keys, never, newWorld } from "./bench.fixture.ts";

describe("keys of one Secret", () => {
  it("are never deleted by another Credential that writes other keys at the same moment", async () => {
    await using world = await newWorld();
    const sinks = ["A", "B", "C"].map((name) => ({ name, sink: world.sink() }));
    for (const round of ["1", "2", "3", "4", "5"]) {
      await Promise.all(sinks.map(async ({ name, sink }) => sink.write(keys({ [name]: `${name}${round}` }), never)));
      expect(world.vendor.peek("orders", "orders-app")).toEqual({ A: `A${round}`, B: `B${round}`, C: `C${round}` });
    }
  });

  it("are refused where another controller owns them, with its name and its source", async () => {
    for (const owner of ["external-secrets", "kustomize-controller", "argocd-controller", "helm-controller"]) {
      await using world = await newWorld();
      world.vendor.plant("orders", "orders-app", { A: "theirs" }, owner);
      const error = await failure(world.sink().write(keys({ A: "cnry-ours" }), never));
      expect(error).toMatchObject({
        name: "Terminal",
        reason: "SecretOwnedByController",
        message: expect.stringContaining(owner),
      });
      expect(everything(error)).not.toContain("cnry");
      expect(world.vendor.peek("orders", "orders-app")).toEqual({ A: "theirs" });
    }
  });

  it("are refused where the Secret is made from another object", async () => {
    await using world = await newWorld();
    world.vendor.secrets.make("orders", "orders-app").ownerReferences = [
      { kind: "SealedSecret", name: "app", controller: true },
    ];
    expect(await failure(world.sink().write(keys({ A: "1" }), never))).toMatchObject({
      reason: "SecretOwnedByController",
      message: expect.stringContaining("SealedSecret app"),
    });
  });

  it("are taken from a stranger only with consent, and from a person's kubectl without", async () => {
    await using world = await newWorld();
    world.vendor.plant("orders", "orders-app", { A: "theirs" }, "terraform");
    expect(await failure(world.sink().write(keys({ A: "1" }), never))).toMatchObject({
      reason: "KeyOwnedByOther",
      message: expect.stringContaining("terraform"),
    });
    await world.sink({ force: true }).write(keys({ A: "1" }), never);
    world.vendor.plant("orders", "orders-app", { B: "by hand" }, "kubectl-client-side-apply");
    await world.sink().write(keys({ B: "2" }), never);
    expect(world.vendor.peek("orders", "orders-app")).toEqual({ A: "1", B: "2" });
  });

  it("of an immutable Secret, of a type without its keys, or too large are refused before anything is sent", async () => {
    await using world = await newWorld();
    const { secrets } = world.vendor;
    secrets.make("orders", "fixed").immutable = true;
    secrets.make("orders", "tls", "kubernetes.io/tls");
    secrets.make("orders", "docker", "kubernetes.io/dockerconfigjson");
    secrets.make("orders", "token", "kubernetes.io/service-account-token");
    const cases = [
      ["fixed", { A: "1" }, "SecretImmutable"],
      ["tls", { "tls.crt": "c" }, "SecretTypeBroken"],
      ["docker", { ".dockerconfigjson": "no json" }, "SecretTypeBroken"],
      ["token", { A: "1" }, "SecretOwnedByController"],
      ["large", { A: "x".repeat(1024 * 1024 + 1) }, "SecretTooLarge"],
      ["named", { "a/b": "1" }, "KeyNameInvalid"],
    ] as const;
    for (const [secret, values, reason] of cases) {
      expect(await failure(world.sink({ secret }).write(keys(values), never))).toMatchObject({
        name: "Terminal",
        reason,
      });
    }
    expect(world.vendor.seen.filter(({ method }) => method === "PATCH")).toEqual([]);
    await world.sink({ secret: "tls" }).write(keys({ "tls.crt": "c", "tls.key": "k" }), never);
    expect(secrets.all.get("orders/tls")?.type).toBe("kubernetes.io/tls");
  });

  it("of a namespace that is missing or ending are refused with the reason", async () => {
    await using world = await newWorld();
    world.vendor.secrets.namespaces.set("ending", "ending");
    expect(await failure(world.sink({ namespace: "none" }).write(keys({ A: "1" }), never))).toMatchObject({
      reason: "NamespaceMissing",
    });
    expect(await failure(world.sink({ namespace: "ending" }).write(keys({ A: "1" }), never))).toMatchObject({
      reason: "NamespaceEnding",
    });
  });

  it("that somebody else owns as well are gone after a null", async () => {
    await using world = await newWorld();
    await world.sink().write(keys({ A: "1", B: "2" }), never);
    world.vendor.plant("orders", "orders-app", { A: "by hand" });
    await world.sink().write(keys({ A: null }), never);
    expect(world.vendor.peek("orders", "orders-app")).toEqual({ B: "2" });
  });

  it("show who changed them last, and when", async () => {
    await using world = await newWorld();
    await world.sink().write(keys({ A: "1" }), never);
    expect(await world.sink().observe(["A"], never)).toMatchObject({ changedBy: "velvet" });
    world.time.ms += 60_000;
    world.vendor.plant("orders", "orders-app", { A: "2" });
    expect(await world.sink().observe(["A"], never)).toMatchObject({
      changedBy: "kubectl-edit",
      changedAt: "2026-11-27T00:01:00Z",
    });
  });
});

describe("the account", () => {
  it("says which permission is missing, in the probe and in a write", async () => {
    await using world = await newWorld();
    const uses = [{ namespace: "orders", secrets: ["orders-app"], create: true, deployments: ["orders"] }];
    const probe = async () => world.connect({ config: { uses } }).probe(never);
    expect(await probe()).toMatchObject({ ready: true });
    for (const [denied, shown] of [
      ["patch secrets/orders-app", "patch secrets/orders-app"],
      ["create secrets", "create secrets"],
      ["list pods", "list pods"],
    ] as const) {
      world.vendor.denied.add(denied);
      expect(await probe()).toMatchObject({
        ready: false,
        reason: "AccountForbidden",
        message: expect.stringContaining(shown),
      });
      world.vendor.denied.clear();
    }
    world.vendor.denied.add("get secrets/orders-app");
    expect(await failure(world.sink().observe(["A"], never))).toMatchObject({
      reason: "AccountForbidden",
      message: expect.stringContaining("get the Secret orders-app"),
    });
    world.vendor.tokens.clear();
    expect(await probe()).toMatchObject({ ready: false, reason: "AccountUnauthorized" });
  });
});
