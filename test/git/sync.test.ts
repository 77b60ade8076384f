import { beforeEach, describe, expect, it } from "vitest";
import { syncSource } from "../../controller/sources/sync.ts";
import { ledgerForSyncs } from "./syncs.ts";

const at = ledgerForSyncs();

describe("the first sync", () => {
  it("records the requests and decisions that it finds as baseline, and later ones as pending", async () => {
    const first = await syncSource(at.db, at.look([at.request("old"), at.decision("was")]));
    expect(first).toMatchObject({ baseline: true, requests: 1, decisions: 1 });
    const second = await syncSource(
      at.db,
      at.look([at.request("old"), at.decision("was"), at.request("new"), at.decision("is")]),
    );
    expect(second).toMatchObject({ baseline: false, requests: 1, decisions: 1, changed: 2 });
    expect((await at.requests()).map((row) => [row.name, row.state])).toEqual([
      ["new", "pending"],
      ["old", "baseline"],
    ]);
    const decisions = await at.rows(
      "select name, state, request_name from velvet.decision where namespace = $1 order by name",
      [at.here()],
    );
    expect(decisions).toEqual([
      { name: "is", state: "pending", request_name: "rotate" },
      { name: "was", state: "baseline", request_name: "rotate" },
    ]);
  });

  it("of an empty source counts as one", async () => {
    await syncSource(at.db, at.look([]));
    await syncSource(at.db, at.look([at.request("new")]));
    expect((await at.requests())[0]?.state).toBe("pending");
  });

  it("records a name that stands there twice as baseline, so that removing one of them later rotates nothing", async () => {
    await syncSource(at.db, at.look([at.request("old", {}, "a.yaml"), at.request("old", {}, "b.yaml")]));
    await syncSource(at.db, at.look([at.request("old", {}, "a.yaml")]));
    expect((await at.requests()).map((row) => row.state)).toEqual(["baseline"]);
  });
});

describe("a request", () => {
  beforeEach(async () => {
    await syncSource(at.db, at.look([]));
  });

  it("has the deadline that it names, or seven days", async () => {
    await syncSource(at.db, at.look([at.request("a"), at.request("b", { deadline: "2031-05-01T10:00:00+02:00" })]));
    const [a, b] = await at.requests();
    expect((a?.deadline.getTime() ?? 0) - (a?.appeared_at.getTime() ?? 0)).toBeCloseTo(7 * 86_400_000, -3);
    expect(b?.deadline.toISOString()).toBe("2031-05-01T08:00:00.000Z");
  });

  it("never changes: another spec under the same name is a problem, and the row stays", async () => {
    await syncSource(at.db, at.look([at.request("a", { reason: "first" })]));
    const report = await syncSource(at.db, at.look([at.request("a", { reason: "second" })]));
    expect(report.problems.map((problem) => problem.code)).toEqual(["RequestImmutable"]);
    expect(report).toMatchObject({ changed: 0, removed: 0, requests: 0 });
    expect((await at.requests())[0]?.spec["reason"]).toBe("first");
    expect((await at.objects())[0]).toMatchObject({ present: true, generation: 1 });
    expect(await at.problems()).toEqual(["RequestImmutable"]);
  });

  it("is the same request again after it was removed, whatever the order of its fields", async () => {
    await syncSource(at.db, at.look([at.request("a")]));
    await syncSource(at.db, at.look([]));
    await at.rows("update velvet.request set state = 'accepted' where namespace = $1", [at.here()]);
    const { spec } = at.request("a");
    const turned = Object.fromEntries(Object.entries(spec as object).toReversed());
    const report = await syncSource(at.db, at.look([{ ...at.request("a"), spec: turned }]));
    expect(report).toMatchObject({ requests: 0, problems: [] });
    expect((await at.requests()).map((row) => row.state)).toEqual(["accepted"]);
    expect((await at.objects())[0]?.present).toBe(true);
  });

  it("may be suspended and resumed", async () => {
    await syncSource(at.db, at.look([at.request("a")]));
    const suspended = await syncSource(at.db, at.look([at.request("a", { suspend: true })]));
    expect(suspended).toMatchObject({ suspended: 1, problems: [] });
    expect((await at.requests())[0]?.spec["suspend"]).toBe(true);
    expect(await syncSource(at.db, at.look([at.request("a", { suspend: true })]))).toMatchObject({
      suspended: 0,
      changed: 0,
    });
    await syncSource(at.db, at.look([at.request("a")]));
    expect((await at.requests())[0]?.spec["suspend"]).toBe(false);
  });

  it("has the same uid as its object", async () => {
    await syncSource(at.db, at.look([at.request("a")]));
    const found = await at.rows(
      "select r.uid = o.uid as same from velvet.request r join velvet.object o using (namespace, name) where namespace = $1",
      [at.here()],
    );
    expect(found).toEqual([{ same: true }]);
  });
});

describe("an object", () => {
  it("keeps its uid and counts its specs, through removal and return", async () => {
    await syncSource(at.db, at.look([at.credential("db")]));
    const [first] = await at.objects();
    await syncSource(at.db, at.look([at.credential("db", { exclusive: true })]));
    await syncSource(at.db, at.look([]));
    expect((await at.objects())[0]).toMatchObject({ present: false, generation: 2, uid: first?.uid });
    await syncSource(at.db, at.look([at.credential("db", { exclusive: true })]));
    expect((await at.objects())[0]).toMatchObject({ present: true, generation: 2, uid: first?.uid });
  });

  it("is not touched when only its place changes, but for the place", async () => {
    await syncSource(at.db, at.look([at.credential("db")]));
    const report = await syncSource(at.db, at.look([at.credential("db", {}, "moved.yaml")]));
    expect(report).toMatchObject({ changed: 0, removed: 0 });
    const [row] = await at.rows(
      "select origin ->> 'path' as path, generation from velvet.object where namespace = $1",
      [at.here()],
    );
    expect(row).toEqual({ path: "moved.yaml", generation: 1 });
  });

  it("stays in force while its file is broken", async () => {
    await syncSource(at.db, at.look([at.credential("db"), at.credential("other")]));
    const report = await syncSource(at.db, at.look([], { problems: [at.problemAt("credentials/db.yaml")] }));
    expect(report.removed).toBe(1);
    expect((await at.objects()).map((row) => [row.name, row.present])).toEqual([
      ["db", true],
      ["other", false],
    ]);
  });

  it("stays as it was while its name stands there twice, and both places are said", async () => {
    await syncSource(at.db, at.look([at.credential("db", {}, "a.yaml")]));
    const report = await syncSource(
      at.db,
      at.look([at.credential("db", { exclusive: true }, "a.yaml"), at.credential("db", {}, "b.yaml")]),
    );
    expect(report.problems.map((problem) => [problem.path, problem.code])).toEqual([
      ["a.yaml", "DuplicateName"],
      ["b.yaml", "DuplicateName"],
    ]);
    expect(report.problems[0]?.message).toContain("b.yaml:1");
    expect((await at.objects())[0]).toMatchObject({ present: true, generation: 1, spec: { credentialName: "X" } });
  });

  it("belongs to the source that showed it first, until that one drops it", async () => {
    await syncSource(at.db, at.look([at.credential("db")]));
    const other = { source: `${at.source()}-other` };
    const refused = await syncSource(at.db, at.look([at.credential("db", { exclusive: true })], other));
    expect(refused.problems.map((problem) => problem.code)).toEqual(["OwnedByAnotherSource"]);
    await syncSource(at.db, at.look([]));
    await syncSource(at.db, at.look([at.credential("db", { exclusive: true })], other));
    expect((await at.objects())[0]).toMatchObject({ present: true, source: `${at.source()}-other` });
  });
});

describe("one bad document", () => {
  it.each([
    ["a NUL", { reason: "a\0b" }, "NotStorable"],
    ["half a character", { reason: "\ud800" }, "NotStorable"],
    ["a NUL in a key", { "a\0b": 1 }, "NotStorable"],
    ["a number that is none", { wave: Number.NaN }, "NotStorable"],
    ["a deadline that is no time", { deadline: "2026-99-99T00:00:00Z" }, "InvalidDeadline"],
    ["a deadline beyond the calendar", { deadline: "+200000-01-01T00:00:00Z" }, "InvalidDeadline"],
  ])("with %s never stops the good ones", async (_, spec, code) => {
    await syncSource(at.db, at.look([]));
    const report = await syncSource(at.db, at.look([at.request("bad", spec), at.request("good")]));
    expect(report.problems.map((problem) => problem.code)).toEqual([code]);
    expect((await at.requests()).map((row) => row.name)).toEqual(["good"]);
  });

  it("with endless problems neither breaks the index nor fills the table", async () => {
    const problems = Array.from({ length: 3_000 }, (_, index) => ({
      path: `${"ä".repeat(900)}${index}`,
      line: index,
      column: 1,
      code: "X".repeat(100),
      message: `\0${"€".repeat(5_000)}`,
    }));
    await syncSource(at.db, at.look([at.request("good")], { problems }));
    const [count] = await at.rows<{ n: number }>("select count(*) as n from velvet.source_problem where source = $1", [
      at.source(),
    ]);
    expect(count?.n).toBe(1_000);
    expect((await at.requests()).map((row) => row.name)).toEqual(["good"]);
  });
});
