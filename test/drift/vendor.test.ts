import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CREDENTIAL } from "../support/scenario.ts";
import { finding, told, Watch } from "./watch.ts";

describe("what the vendor has", () => {
  it("misses the one in use, and refuses it: CurrentMissing at once", async () => {
    await using watch = await Watch.open();
    watch.vendor.keys.delete(await idOf(watch));
    watch.vendor.required.clear();
    const view = await watch.look();
    expect(told(view)).toEqual(["@vendor CurrentMissing"]);
    expect(finding(view, "CurrentMissing").message).toContain("refuses its value");
  });

  it("does not list the one in use and accepts it: its list lags, and that is nothing", async () => {
    await using watch = await Watch.open();
    const key = watch.vendor.keys.get(await idOf(watch));
    if (!key) throw new Error("there is no key");
    watch.vendor.keys.set("elsewhere", { ...key, family: "another" });
    watch.vendor.keys.delete(await idOf(watch));
    expect(await watch.kinds()).toEqual([]);
  });

  it("has the one in use disabled: CurrentDisabled", async () => {
    await using watch = await Watch.open();
    watch.vendor.required.clear();
    const key = watch.vendor.keys.get(await idOf(watch));
    if (key) key.enabled = false;
    expect(await watch.kinds()).toEqual(["@vendor CurrentDisabled"]);
  });

  it("ends the one in use soon, or has ended it: CurrentExpiring, CurrentExpired", async () => {
    await using watch = await Watch.open();
    const id = await idOf(watch);
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
    watch.vendor.dates.set(id, { expiresAt: at(30 * DAY) });
    expect(await watch.kinds()).toEqual([]);
    watch.vendor.dates.set(id, { expiresAt: at(6 * DAY) });
    expect(await watch.kinds()).toEqual(["@vendor CurrentExpiring"]);
    // Of what lives for an hour, an hour before its end is no news.
    watch.vendor.dates.set(id, { createdAt: at(-DAY / 96), expiresAt: at(DAY / 32) });
    expect(await watch.kinds()).toEqual([]);
    watch.vendor.dates.set(id, { expiresAt: at(-1_000) });
    expect(await watch.kinds()).toEqual(["@vendor CurrentExpired"]);
  });

  it("still sees the old one used: OldStillUsed", async () => {
    await using watch = await Watch.open();
    watch.vendor.dates.set("key-0", { lastUsedAt: new Date(Date.now() + 600_000).toISOString() });
    expect(await watch.kinds()).toEqual(["@vendor OldStillUsed"]);
    watch.vendor.dates.clear();
    expect(await watch.kinds()).toEqual([]);
    watch.vendor.active = 2;
    expect(await watch.kinds()).toEqual(["@vendor OldStillUsed"]);
  });

  it("still has one alive that was ended: RetiredStillLive, when it is seen a second time", async () => {
    await using watch = await Watch.open();
    await watch.sql("update velvet.retired set state = 'destroyed', next_action_at = null");
    const key = watch.vendor.keys.get("key-0");
    if (key) key.enabled = true;
    expect(await watch.kinds()).toEqual(["@vendor RetiredStillLive?"]);
    expect(await watch.events()).toEqual([]);
    await watch.later();
    expect(await watch.kinds()).toEqual(["@vendor RetiredStillLive"]);
    expect(await watch.events()).toEqual(["DriftFound"]);
  });

  it("has one that Velvet made and nobody owns: Orphan, and nothing is ended", async () => {
    await using watch = await Watch.open();
    const [attempt] = await watch.sql<{ id: string; marker: string }>("select id, marker from velvet.attempt");
    await watch.sql("update velvet.tombstone set state = 'clear', next_action_at = null");
    watch.vendor.keys.set("copy", { value: "copy", marker: attempt?.marker, enabled: true, family: "" });
    expect(await watch.kinds()).toEqual(["@vendor Orphan?"]);
    await watch.later();
    expect(await watch.kinds()).toEqual(["@vendor Orphan"]);
    expect(watch.vendor.keys.get("copy")?.enabled).toBe(true);
  });

  it("has a copy that a tombstone still watches for: the reaper's business", async () => {
    await using watch = await Watch.open();
    const [attempt] = await watch.sql<{ marker: string }>("select marker from velvet.attempt");
    watch.vendor.keys.set("copy", { value: "copy", marker: attempt?.marker, enabled: true, family: "" });
    expect(await watch.kinds()).toEqual([]);
  });

  it("has one with a marker that this ledger does not know: UnknownKey, exclusive or not; never revoked", async () => {
    await using watch = await Watch.open();
    const marker = `velvet/test/${randomUUID()}/${randomUUID()}`;
    watch.vendor.keys.set("unknown", { value: "unknown", marker, enabled: true, family: "" });
    await watch.look();
    await watch.later();
    expect(await watch.kinds()).toEqual(["@vendor UnknownKey"]);
    expect(watch.vendor.accepts("unknown")).toBe(true);
  });

  it("has one of another install, or of nobody: counted, and no drift unless Velvet alone is to mint", async () => {
    await using watch = await Watch.open();
    const marker = `velvet/other/${randomUUID()}/${randomUUID()}`;
    watch.vendor.keys.set("foreign", { value: "foreign", marker, enabled: true, family: "" });
    watch.vendor.keys.set("by-hand", { value: "by-hand", marker: undefined, enabled: true, family: "" });
    expect(await watch.kinds()).toEqual([]);
    const [{ others }] = (await watch.sql("select (facts ->> 'others')::int as others from velvet.drift_check")) as [
      { others: number },
    ];
    expect(others).toBe(2);
    await watch.scenario.change("Credential", CREDENTIAL, (spec: object) => ({ ...spec, exclusive: true }));
    await watch.look();
    await watch.later();
    const view = await watch.look();
    expect(told(view)).toEqual(["@vendor UnknownKey"]);
    expect(finding(view, "UnknownKey").details["vendorIds"]).toEqual(["foreign", "by-hand"]);
  });

  it("refuses the value that custody holds and the ledger knows: CurrentRefused", async () => {
    await using watch = await Watch.open();
    watch.vendor.required.clear();
    const key = watch.vendor.keys.get(await idOf(watch));
    // Its password was changed by hand.
    if (key) watch.vendor.keys.set(await idOf(watch), { ...key, value: "changed by hand" });
    expect(await watch.kinds()).toEqual(["@vendor CurrentRefused"]);
  });
});

const DAY = 86_400_000;

async function idOf(watch: Watch): Promise<string> {
  const [row] = await watch.sql<{ id: string }>("select current_id as id from velvet.credential");
  return row?.id ?? "";
}

describe("custody, and other Credentials", () => {
  it("holds another value than the ledger knows: CustodyDiffers", async () => {
    await using watch = await Watch.open();
    watch.vendor.overwrite("custody", "something-else");
    expect(await watch.kinds()).toEqual(["custody CustodyDiffers"]);
  });

  it("shares its value with another Credential: SharedValue, told at both", async () => {
    await using watch = await Watch.open();
    await watch.look();
    const [row] = await watch.sql<{ uid: string }>(
      `with o as (
         insert into velvet.object (kind, namespace, name, source, spec, spec_hash)
         values ('Credential', 'team', 'twin', 'test', '{}', '') returning uid, namespace, name)
       insert into velvet.credential (uid, namespace, name) select uid, namespace, name from o returning uid`,
    );
    await watch.sql(
      `insert into velvet.shared_print (credential, field, print) select '${row?.uid}', field, print from velvet.shared_print`,
    );
    const view = await watch.look();
    expect(told(view)).toEqual(["@vendor SharedValue"]);
    expect(finding(view, "SharedValue").details).toEqual({ credentials: ["twin"] });
    await watch.rotate("second");
    expect(await watch.kinds()).toEqual([]);
  });

  it("never keeps a value, only keyed fingerprints", async () => {
    await using watch = await Watch.open();
    watch.vendor.overwrite("app", "something-else-that-is-long");
    watch.vendor.overwrite("custody", "and-another-one-here");
    await watch.look();
    const rows = await watch.sql<{ text: string }>(
      `select (to_jsonb(c) #>> '{}') as text from velvet.drift_check c union all select to_jsonb(f) #>> '{}' from velvet.finding f
       union all select to_jsonb(s) #>> '{}' from velvet.shared_print s
       union all select convert_from(canonical, 'utf8') from velvet.audit where chain = 'install'`,
    );
    const all = rows.map(({ text }) => text).join("\n");
    expect(all).toContain("hmac-sha256:");
    for (const value of ["something-else-that-is-long", "and-another-one-here", watch.current]) {
      expect(all).not.toContain(value);
    }
  });
});

describe("two that write to one place", () => {
  it("are told after three changes in a day that were not Velvet's: DoubleWriter", async () => {
    await using watch = await Watch.open();
    await watch.look();
    for (const value of ["a", "b"]) {
      watch.vendor.overwrite("app", value);
      expect(await watch.kinds()).toEqual(["app ValueChanged"]);
    }
    watch.vendor.overwrite("app", watch.current);
    expect(await watch.kinds()).toEqual(["app DoubleWriter"]);
  });
});
