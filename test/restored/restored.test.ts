/** A ledger that is behind what was published starts nothing until a person accepts it. */
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { wrongShape } from "../../controller/cli/shapes.fixture.ts";
import { listHolds } from "../../controller/ledger/holds.ts";
import { listSources } from "../../controller/ledger/sources.ts";
import { listRequests, listRotations } from "../../controller/ledger/views.ts";
import { credential, request, RestoredWorld, type Replica, rotatedAfterBackup } from "./world.ts";

const ACCEPT = ["ledger", "accept", "--reason", "restored from the night; vendors looked at", "--decided-by", "ana"];

/** Two controllers after each other, and a dozen commands. */
const LONG = { timeout: 180_000 };

/** Everything that the engine writes. */
async function engineHasWritten({ ledger }: RestoredWorld): Promise<unknown> {
  const { rows } = await ledger.pool.query(
    `select (select count(*) from velvet.effect) as effects, (select count(*) from velvet.audit where chain <> 'install') as audit,
            (select count(*) from velvet.rotation) as rotations, (select max(fence) from velvet.rotation) as claims,
            (select max(fence) from velvet.retired) as retired, (select count(*) from velvet.checkpoint) as checkpoints`,
  );
  return rows[0];
}

function warnings({ log }: Replica): string[] {
  return log.flatMap(({ level, reason }) => (level === "warn" && reason !== undefined ? [reason] : []));
}

describe("what is published", () => {
  it("is the ledger's last checkpoint, from the first start on, and again at a graceful stop", async () => {
    await using world = await RestoredWorld.open();
    const replica = await world.start();
    await world.until("the first publication", async () => (await world.published()) !== undefined);
    await world.commit(request("first"));
    await world.request("first", "done");
    await replica.stop();
    const { rows } = await world.ledger.pool.query<{ size: number; text: string; rows: number }>(
      "select size, convert_from(canonical, 'UTF8') as text, (select count(*) from velvet.audit) as rows from velvet.checkpoint order by size desc limit 1",
    );
    const [last] = rows;
    expect(last?.size).toBe(last?.rows);
    expect(await world.published()).toMatchObject(JSON.parse(last?.text ?? "") as object);
    const said = await world.velvet("audit", "verify", "-o", "json");
    expect(wrongShape("audit", said.out)).toEqual([]);
    const { key } = await world.published();
    expect(JSON.parse(said.out)).toMatchObject({
      ok: true,
      checkpoints: { key, published: { size: last?.size, found: "yes" } },
    });
    expect((await world.velvet("audit", "verify")).out).toContain(
      `signed with ${String(key)}; the ledger has what was published.`,
    );
  });

  it("comes from one replica at a time, and from the other one when that has stopped", async () => {
    await using world = await RestoredWorld.open();
    const other = join(world.remote.folder, "other", "checkpoint.json");
    const first = await world.start();
    await world.start({ VELVET_CHECKPOINT_FILE: other });
    await world.until(
      "both files",
      async () => (await readFile(other, "utf8")) === (await readFile(world.file, "utf8")),
    );
    await first.stop();
    const { size } = await world.published();
    await world.commit(request("later"));
    await world.request("later", "done");
    await world.until("the other one's", async () => {
      const published = JSON.parse(await readFile(other, "utf8")) as { size: number };
      return published.size > Number(size);
    });
    const { rows } = await world.ledger.pool.query<{ owner: string }>(
      "select claimed_by as owner from velvet.lease where name = 'sequencer'",
    );
    expect(rows).toHaveLength(1);
  });

  it("keeps nothing from going on where it cannot be written", async () => {
    await using world = await RestoredWorld.open();
    const replica = await world.start({ VELVET_CHECKPOINT_FILE: "/proc/checkpoint.json" });
    await world.commit(request("first"));
    await world.request("first", "done");
    expect(replica.log.filter(({ msg }) => msg === "a checkpoint cannot be published")).toHaveLength(1);
  });
});

describe("a ledger that was restored from before what was published", () => {
  it("starts nothing, says so everywhere, reads its sources, and goes on when a person accepts", LONG, async () => {
    await using world = await RestoredWorld.open();
    const backup = await rotatedAfterBackup(world);
    const lost = await world.published();
    const custody = await readFile(join(world.remote.folder, "files/custody/token.json"), "utf8");
    await world.restore(backup);
    const before = await engineHasWritten(world);
    const old = join(world.remote.folder, "old.json");
    await copyFile(world.file, old);

    const cursor = await world.commit({
      ...credential("second"),
      ...request("new", { credentialRef: { name: "second" } }),
    });
    const replica = await world.start();
    expect(warnings(replica)).toEqual(["LedgerRollback"]);
    const hold = await world.held("LedgerRollback");
    expect(hold.published).toMatchObject({ size: lost["size"], at: lost["at"] });
    await world.looked();
    expect(await engineHasWritten(world)).toEqual(before);
    expect(await readFile(join(world.remote.folder, "files/custody/token.json"), "utf8")).toBe(custody);
    expect((await listSources(world.ledger.db)).find(({ name }) => name === "tenants")).toMatchObject({ cursor });
    const waiting = (await listRequests(world.ledger.db)).map(({ name, state }) => `${name} ${state}`);
    expect(waiting.toSorted()).toEqual(["after pending", "new pending"]);
    expect(await world.published()).toEqual(lost);

    const [status, describe, doctor, json] = await Promise.all([
      world.velvet("status"),
      world.velvet("describe", "orders/before"),
      world.velvet("doctor"),
      world.velvet("status", "-o", "json"),
    ]);
    for (const { out } of [status, describe, doctor]) {
      expect(out).toContain("Nothing is started. LedgerRollback: The ledger is behind what was published");
      expect(out).toContain("velvet ledger accept --reason …");
    }
    expect([status.code, describe.code, doctor.code]).toEqual([0, 0, 1]);
    expect(wrongShape("status", json.out)).toEqual([]);
    expect(wrongShape("describe", (await world.velvet("describe", "orders/before", "-o", "json")).out)).toEqual([]);
    const behind = await world.velvet("audit", "verify");
    expect(behind).toMatchObject({ code: 1 });
    expect(behind.out).toContain(`checkpoint ${String(lost["size"])}: CheckpointMissing.`);

    const [report, read, other] = await Promise.all([
      world.velvet("ledger", "report", "-o", "json"),
      world.velvet("ledger", "report"),
      world.velvet(...ACCEPT, "--report", "sha256:0"),
    ]);
    expect(report).toMatchObject({ code: 0, err: "" });
    expect(wrongShape("ledger-report", report.out)).toEqual([]);
    const { digest } = JSON.parse(report.out) as { digest: string };
    expect(read.out).toContain("takes what custody holds for the one in use");
    expect(read.out).toContain("takes the request after for executed");
    expect(read.out).toContain(`velvet ledger accept --report ${digest} --reason …`);
    expect(other).toMatchObject({ code: 1 });
    expect(other.err).toContain("The report has changed since it was read.");
    expect(await listHolds(world.ledger.db)).toHaveLength(1);

    const accepted = await world.velvet(...ACCEPT, "--report", digest, "-o", "json");
    expect(accepted).toMatchObject({ code: 0, err: "" });
    expect(wrongShape("ledger", accepted.out)).toEqual([]);
    expect(JSON.parse(accepted.out)).toMatchObject({
      accepted: [{ reason: "LedgerRollback", published: { size: lost["size"] } }],
      settled: [
        {
          name: "token",
          happened: "rotated",
          acts: [{ do: "adopt" }, { do: "close", name: "after" }],
        },
      ],
      starts: [{ name: "new" }],
      published: world.file,
    });
    await world.request("new", "done");
    await world.request("after", "baseline");
    expect(await readFile(join(world.remote.folder, "files/custody/token.json"), "utf8")).toBe(custody);
    expect(replica.log.filter(({ msg }) => msg.includes("agree again"))).toHaveLength(1);
    const { rows } = await world.ledger.pool.query<{ text: string }>(
      "select convert_from(canonical, 'UTF8') as text from velvet.audit where chain = 'install' and convert_from(canonical, 'UTF8') like '%LedgerAccepted%'",
    );
    expect(rows.map(({ text }) => JSON.parse(text) as unknown)).toMatchObject([
      {
        decidedBy: { actor: expect.any(String) as string },
        replaced: [{ size: lost["size"], reason: "LedgerRollback" }],
        report: digest,
      },
    ]);
    await world.stopAll();
    expect(await world.velvet("audit", "verify")).toMatchObject({ code: 0 });
    const given = await world.velvet("audit", "verify", "--checkpoint", old);
    expect(given).toMatchObject({ code: 0 });
    expect(given.out).toContain("which a person has accepted");
    expect((await world.velvet(...ACCEPT)).err).toContain("There is nothing to accept");
  });

  it("holds every replica, also one that has never published anything", LONG, async () => {
    await using world = await RestoredWorld.open();
    const backup = await rotatedAfterBackup(world);
    await world.restore(backup);
    const before = await engineHasWritten(world);
    const [one, same, other] = [
      await world.start(),
      await world.start(),
      await world.start({ VELVET_CHECKPOINT_FILE: join(world.remote.folder, "other.json") }),
    ];
    await world.held("LedgerRollback");
    await world.looked();
    expect([one, same, other].map(warnings)).toEqual([["LedgerRollback"], ["LedgerRollback"], ["LedgerRollback"]]);
    expect(await engineHasWritten(world)).toEqual(before);
    expect((await world.velvet(...ACCEPT)).code).toBe(0);
    await world.request("after", "baseline");
    await world.commit(request("again", { expect: "Alive" }));
    await world.request("again", "done");
    await world.until("all of them", async () =>
      [one, same, other].every(({ log }) => log.some(({ msg }) => msg.includes("agree again"))),
    );
  });

  it("is noticed under a controller that runs, and does not go away with the file", LONG, async () => {
    await using world = await RestoredWorld.open();
    const backup = await rotatedAfterBackup(world);
    await world.start();
    await world.restore(backup);
    await world.held("LedgerRollback");
    await rm(world.file);
    await world.looked();
    expect(await listHolds(world.ledger.db)).toHaveLength(1);
    expect((await world.velvet(...ACCEPT)).code).toBe(0);
    await world.request("after", "baseline");
    await world.commit(request("again", { expect: "Alive" }));
    await world.request("again", "done");
    await world.until("a new publication", async () => (await world.published()) !== undefined);
  });

  it("is one that is empty too, while an old repository without a checkpoint is a baseline as ever", async () => {
    await using world = await RestoredWorld.open();
    await rotatedAfterBackup(world);
    await world.restore("empty");
    await world.start();
    expect(await world.held("LedgerRollback")).toMatchObject({
      message: expect.stringContaining("no checkpoint at all"),
    });
    await world.request("before", "baseline");
    await world.looked();
    expect(await listRotations(world.ledger.db, { all: true })).toEqual([]);
    await world.stopAll();

    await rm(world.file);
    await world.restore("empty");
    await world.start();
    await world.request("before", "baseline");
    await world.commit(request("fresh", { expect: "Alive" }));
    await world.request("fresh", "done");
    expect(await listHolds(world.ledger.db)).toEqual([]);
  });
});

describe("a published checkpoint that is not this ledger's", () => {
  it("starts nothing where it was changed, and a person can give it up", async () => {
    await using world = await RestoredWorld.open();
    await rotatedAfterBackup(world);
    const text = await readFile(world.file, "utf8");
    await writeFile(world.file, text.replace(/"size": \d+/, '"size": 1'));
    const replica = await world.start();
    expect(warnings(replica)).toEqual(["CheckpointForged"]);
    await world.commit(request("new", { expect: "Alive" }));
    await world.request("new", "pending");
    await world.looked();
    await world.request("new", "pending");

    await writeFile(world.file, text); // the right one is put back
    await world.request("new", "done");
    await writeFile(world.file, "nothing of the kind");
    await world.held("CheckpointForged");
    const accepted = await world.velvet(...ACCEPT);
    expect(accepted).toMatchObject({ code: 0 });
    expect(accepted.out).toContain("CheckpointForged: what");
    await world.free();
    expect(await world.published()).toMatchObject({ origin: "default" });
  });

  it("starts nothing where the ledger's own last one is not signed by this install, and never publishes that", async () => {
    await using world = await RestoredWorld.open();
    await world.start();
    await world.until("the first publication", async () => (await world.published()) !== undefined);
    await world.stopAll();
    const before = await world.published();
    await world.ledger.pool.query(
      `insert into velvet.checkpoint (size, at, canonical, hash, previous, signature)
       select size + 100, at, '\\x6e6f', sha256('no'), hash, signature from velvet.checkpoint order by size desc limit 1`,
    );
    await world.start();
    expect(await world.held("CheckpointForged")).toMatchObject({ message: expect.stringContaining("not signed") });
    expect(await world.published()).toEqual(before);
    expect((await world.velvet(...ACCEPT)).code).toBe(0);
    await world.free();
    expect(await world.velvet("audit", "verify")).toMatchObject({
      code: 1,
      out: expect.stringContaining("CheckpointForged"),
    });
  });

  it("starts nothing where another install wrote it, and cannot be given up", async () => {
    await using world = await RestoredWorld.open();
    await rotatedAfterBackup(world);
    const text = await readFile(world.file, "utf8");
    await writeFile(world.file, text.replace('"origin": "default"', '"origin": "eu-2"'));
    await world.start();
    await world.held("CheckpointForeign");
    const refused = await world.velvet(...ACCEPT);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toContain("Give each install a file of its own in VELVET_CHECKPOINT_FILE.");
    expect(await readFile(world.file, "utf8")).toContain("eu-2");
    await rm(world.file);
    await world.free();
    await world.until("a new publication", async () => (await world.published())["origin"] === "default");
  });

  it("starts nothing where nobody can tell what it says", async () => {
    await using world = await RestoredWorld.open();
    await world.start({ VELVET_CHECKPOINT_FILE: world.remote.folder });
    expect(await world.held("CheckpointUnreadable")).toMatchObject({ message: expect.stringContaining("EISDIR") });
  });
});
