import { describe, expect, it } from "vitest";
import { Terminal } from "../../adapters/errors.ts";
import { startDrift } from "../../controller/drift/run.ts";
import { CREDENTIAL } from "../support/scenario.ts";
import { told, Watch } from "./watch.ts";

const key = (name: string) => [{ field: "value", name }];
const SAME = [
  { id: "app" },
  { id: "app-again", fake: { path: "app" }, keys: key("COPY") },
  { id: "worker", fake: { path: "worker" } },
];

describe("several consumers in one target", () => {
  it("are seen by one question, each under its own keys", async () => {
    await using watch = await Watch.open({ consumers: SAME });
    const asked = (): string[] => watch.vendor.calls("sink.observe").map(({ target }) => target);
    const before = asked().length;
    watch.vendor.overwrite("app", "another", { key: "COPY" });
    expect(await watch.kinds()).toEqual(["app-again ValueChanged"]);
    expect(asked().slice(before).sort()).toEqual(["app", "custody", "worker"]);
  });

  it("are each asked for alone where the question for all of them is refused", async () => {
    await using watch = await Watch.open({ consumers: SAME });
    let left = 1;
    watch.vendor.fault = ({ label, target }) => {
      if (label !== "sink.observe" || target !== "app" || (left -= 1) < 0) return;
      throw new Terminal({ reason: "Forbidden", message: "not that key" }, { vendor: "fake", operation: "observe" });
    };
    const view = await watch.look();
    expect(told(view)).toEqual([]);
    expect(Object.values(view.places).map(({ state }) => state)).toEqual([
      "in-place",
      "in-place",
      "in-place",
      "in-place",
    ]);
  });

  it("are each asked for alone where the sink shows no value: its version may be one of single keys", async () => {
    await using watch = await Watch.open({ consumers: SAME });
    watch.vendor.traitsOf.set("app", { grade: "version", atomic: true, conditional: false });
    const before = watch.vendor.calls("sink.observe").length;
    expect(await watch.kinds()).toEqual([]);
    expect(watch.vendor.calls("sink.observe").length - before).toBe(4);
  });
});

describe("a look that does not come to its end", () => {
  it("holds up no other: what falls due meanwhile is looked at", async () => {
    await using watch = await Watch.open();
    const { promise: stuck, resolve: release } = Promise.withResolvers<void>();
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
    const { promise: seen, resolve: isSeen } = Promise.withResolvers<void>();
    await watch.sql(
      `with o as (
         insert into velvet.object (kind, namespace, name, source, spec, spec_hash)
         select 'Credential', namespace, 'twin', 'other', spec, spec_hash from velvet.object where kind = 'Credential'
         returning uid, namespace, name)
       insert into velvet.credential (uid, namespace, name, current_id)
       select o.uid, o.namespace, o.name, k.current_id from o, velvet.credential k`,
    );
    let lists = 0;
    watch.vendor.fault = async ({ label }, point) => {
      if (label !== "issuer.list" || point !== "before") return;
      lists += 1;
      if (lists === 1) {
        isAsked();
        await stuck;
      } else isSeen();
    };
    await watch.sql(
      "update velvet.drift_check c set next_check_at = now() - interval '1 second' from velvet.credential k where k.uid = c.credential and k.name <> 'twin'",
    );
    const drift = startDrift(watch.deps(), 60_000);
    await asked;
    await watch.due();
    drift.wake();
    await seen;
    release();
    await drift.stop();
    const rows = await watch.sql<{ name: string }>(
      "select k.name from velvet.drift_check c join velvet.credential k on k.uid = c.credential where c.checked_at is not null order by 1",
    );
    expect(rows.map(({ name }) => name)).toEqual(["token", "twin"]);
  });
});

describe("what hides a consumer's key", () => {
  it("is nothing where it is another copy of the same Credential, as long as that one is in use", async () => {
    await using watch = await Watch.open();
    watch.vendor.shadows.set("app TOKEN", { by: "the secret of the worker", targets: { path: "worker" } });
    expect(await watch.kinds()).toEqual([]);
    await watch.scenario.change("Credential", CREDENTIAL, (spec: { consumers: { id: string }[] }) => ({
      ...spec,
      consumers: spec.consumers.map((each) => (each.id === "worker" ? { ...each, active: false } : each)),
    }));
    expect(await watch.kinds()).toEqual(["app Shadowed"]);
  });

  it("is told whatever the grade, where the sink can tell, and put right by nobody", async () => {
    await using watch = await Watch.open({ credential: { drift: { mode: "Correct" } } });
    watch.vendor.traitsOf.set("app", { grade: "presence", atomic: true, conditional: false });
    watch.vendor.shadows.set("app TOKEN", "the secret of the environment production");
    const before = watch.vendor.calls("sink.write").length;
    expect(await watch.kinds()).toEqual(["app Shadowed"]);
    expect(watch.vendor.calls("sink.write")).toHaveLength(before);
    watch.vendor.shadows.clear();
    expect(await watch.kinds()).toEqual([]);
  });
});
