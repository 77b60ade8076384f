/** What an auditor can see of a real rotation, take along, and what can be forgotten of it. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { auditVerifyCommand } from "../../controller/cli/audit.ts";
import { auditEraseCommand } from "../../controller/cli/audit-erase.ts";
import { auditExportCommand } from "../../controller/cli/audit-export.ts";
import type { CommandContext } from "../../controller/cli/command.ts";
import { auditShowCommand } from "../../controller/cli/audit-show.ts";
import { wrongShape } from "../../controller/cli/shapes.fixture.ts";
import { closeInterval } from "../../controller/checkpoints/close.ts";
import { publishedText, signerOf } from "../../controller/checkpoints/statement.ts";
import { keyRing } from "../../controller/custody/key.ts";
import { appendInstallAudit, chainRow } from "../../controller/ledger/audit.ts";
import { wordsOf } from "../../controller/ledger/words.ts";
import { ensureInstall } from "../../controller/ledger/install.ts";
import { erase } from "../../controller/ledger/erase.ts";
import { ledgerOf, openPool } from "../../controller/ledger/db.ts";
import { rotated } from "../prove/judge/rotated.ts";
import { type FreshLedger, freshLedger } from "../support/postgres.ts";
import { type Answer, KEK, run, tamper, verified } from "./desk.ts";

const keys = keyRing(Secret.from(KEK));
const signer = signerOf("test", keys);
let ledger: FreshLedger;
let folder: string;
let published: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "velvet-record-"));
  ledger = await freshLedger();
  await ensureInstall(ledger.db, { id: "test", environment: "test" }, keys);
  await rotated(ledger.db, { mintClass: "markable", consumers: [{ id: "app", sink: "cas" }] });
  published = await seal();
});
afterAll(async () => {
  await ledger.drop();
  await rm(folder, { recursive: true, force: true });
});

async function seal(): Promise<string> {
  const closed = await ledger.db.transaction(async (tx) => closeInterval(tx, signer));
  if (!closed) throw new Error("nothing grew");
  return publishedText(closed, signer.key);
}

let files = 0;

async function exported(more: { since?: string; until?: string } = {}): Promise<string> {
  const to = join(folder, `record-${(files += 1)}.jsonl`);
  const { code, err } = await run(ledger, async (context) => auditExportCommand(context, { to, ...more }));
  expect(code, err).toBe(0);
  return to;
}

async function verifiedFile(from: string, more: object = {}): Promise<Answer> {
  return run(undefined, async (context) => auditVerifyCommand(context, { from, ...more }));
}

async function show(name: string, more: object = {}): Promise<Answer> {
  return run(ledger, async (context) => auditShowCommand(context, name, { limit: "20", ...more }));
}

describe("what the chains hold of people", () => {
  it("is no name, no ticket and no reason, in any row", async () => {
    const rows = await tamper(ledger, "select convert_from(canonical, 'UTF8') as text from velvet.audit");
    const text = rows.map((row) => (row as { text: string }).text).join("\n");
    expect(text).toContain('"event":"DecisionAccepted"');
    for (const said of ["ana", "ben", "SEC-1", "all work", '"reason":"quarterly"']) expect(text).not.toContain(said);
  });

  it("can be changed or removed neither by the controller's role nor by the owner", async () => {
    for (const sql of [
      "update velvet.audit_words set text = 'other'",
      "delete from velvet.audit_words",
      "truncate velvet.audit_words",
      "update velvet.actor set name = 'other' where name = 'ana'",
      "update velvet.actor set salt = null, name = null",
      "delete from velvet.actor",
    ])
      await expect(ledger.pool.query(sql)).rejects.toThrow("permission denied");
    const owner = openPool({ connectionString: ledger.ownerUrl, max: 1, applicationName: "test" }, () => undefined);
    for (const sql of [
      "update velvet.audit_words set text = 'other'",
      "update velvet.audit_words set salt = null, text = null, field = 'other'",
      "delete from velvet.audit_words",
      "update velvet.actor set name = 'other' where name = 'ana'",
      "delete from velvet.actor",
    ])
      await expect(owner.query(sql)).rejects.toThrow("erased, and never changed or removed");
    await owner.end();
  });

  it("is one id for one person", async () => {
    const rows = await tamper(ledger, "select name from velvet.actor order by name");
    expect(rows).toEqual([{ name: "ana" }, { name: "ben" }]);
  });
});

describe("velvet audit show", () => {
  it("tells one rotation in order, with names, and that its chain is whole and sealed", async () => {
    const { code, out, err } = await show("team/quarterly");
    expect(code, err).toBe(0);
    expect(out).toContain("team/quarterly of token: done");
    expect(out).toMatch(/has \d+ rows and is whole; row \d+ is sealed by the checkpoint of 20/);
    const events = [...out.matchAll(/^\d{4}-\S+ {2}([A-Z][a-z ]+?)(?: by (\w+))? {2}\(/gm)].map(([, event, who]) => [
      event,
      who,
    ]);
    expect(events).toContainEqual(["Rotation started", "ana"]);
    expect(events).toContainEqual(["Decision accepted", "ben"]);
    expect(events.map(([event]) => event)).toEqual(expect.arrayContaining(["Request appeared", "Receipt", "Done"]));
    expect(out).toContain("    ticket: SEC-1");
    expect(out).toContain("    because: all work");
  });

  it("finds it by its Credential and by its id, and tells programs in the documented shape", async () => {
    const json = await show("token", { output: "json" });
    expect(wrongShape("audit-show", json.out)).toEqual([]);
    const [found] = (JSON.parse(json.out) as { rotations: { id: string }[] }).rotations;
    expect((await show(found?.id ?? "")).out).toBe((await show("team/quarterly")).out);
  });

  it("says that there is nothing of a name, and refuses a count that is none", async () => {
    expect(await show("nobody")).toMatchObject({ code: 1, err: expect.stringContaining("No rotation of that name") });
    expect((await show("token", { limit: "0" })).code).toBe(2);
  });
});

describe("an auditor with nothing but the auditor's login", () => {
  it("verifies, shows and exports", async () => {
    const env = {
      DATABASE_URL: ledger.auditorUrl,
      VELVET_KEK: Buffer.alloc(32).toString("base64"),
      VELVET_DATA_DIR: "/nowhere",
    };
    for (const work of [
      async (context: CommandContext) => auditVerifyCommand(context, {}),
      async (context: CommandContext) => auditShowCommand(context, "token", { limit: "20" }),
      async (context: CommandContext) => auditExportCommand(context, {}),
    ]) {
      const { code, err } = await run(undefined, work, env);
      expect(code, err).toBe(0);
    }
  });
});

describe("a record from before names stood beside the chains", () => {
  it("verifies, is shown as it stands, and tells that it cannot be erased", async () => {
    const old = await freshLedger();
    try {
      await oldRotation(old);
      expect(await verified(old)).toMatchObject({
        code: 0,
        out: expect.stringContaining("1 rows in 2 chains: all whole"),
      });
      const shown = await run(old, async (context) => auditShowCommand(context, "r", { limit: "1" }));
      expect(shown).toMatchObject({ code: 0, out: expect.stringContaining("decidedBy ana; ticket OPS-1") });
      const order = { actor: "ana", confirm: "ana", reason: "asked", decidedBy: "dpo" };
      const erased = await run(old, async (context) => auditEraseCommand(context, order));
      expect(erased).toMatchObject({ code: 0, err: expect.stringContaining("1 audit rows from before") });
      expect((await verified(old)).code).toBe(0);
    } finally {
      await old.drop();
    }
  });
});

it("an erasure of more than one row can name is said in several, and verifies", async () => {
  const many = await freshLedger();
  const owner = openPool({ connectionString: many.ownerUrl, max: 1, applicationName: "test" }, () => undefined);
  try {
    const entries = Array.from({ length: 600 }, () => ({ event: "Said", ticket: wordsOf("BULK-1", randomBytes) }));
    await many.db.transaction(async (tx) => appendInstallAudit(tx, entries));
    const order = { kind: "ticket", word: "BULK-1", decidedBy: "dpo", reason: "retention" } as const;
    expect(await erase(ledgerOf(owner), order, randomBytes)).toMatchObject({ actors: 0, words: 600 });
    const rows = await tamper(
      many,
      "select 1 from velvet.audit where position('\"event\":\"Erased\"' in encode(canonical, 'escape')) > 0",
    );
    expect(rows).toHaveLength(2);
    expect(await verified(many)).toMatchObject({
      code: 0,
      out: expect.stringContaining("602 rows in 1 chains: all whole"),
    });
  } finally {
    await owner.end();
    await many.drop();
  }
});

it("a ledger that was not migrated since verifies as well", async () => {
  const old = await freshLedger();
  try {
    await oldRotation(old);
    await tamper(old, "drop table velvet.audit_words, velvet.actor");
    expect((await verified(old)).code).toBe(0);
  } finally {
    await old.drop();
  }
});

/** As an earlier Velvet wrote it. */
async function oldRotation(old: FreshLedger): Promise<void> {
  const chain = randomUUID();
  const person = { decidedBy: "ana", ticket: "OPS-1" };
  const entry = { at: "2026-01-01T00:00:00.000Z", event: "DecisionAccepted", ...person };
  const row = chainRow({ chain, seq: 0, hash: Buffer.alloc(0) }, entry);
  await tamper(old, "insert into velvet.audit (chain, seq, canonical, hash) values ($1, 1, $2, $3)", [
    chain,
    row.canonical,
    row.hash,
  ]);
  await tamper(
    old,
    `insert into velvet.rotation (id, request, credential, namespace, name, credential_name, flow, expect, state, snapshot,
       snapshot_hash, chain_seq, chain_hash, ended_at)
     values ($1, gen_random_uuid(), gen_random_uuid(), 'n', 'r', 'c', 'Operational', 'Alive', 'done', '{"request": {}}', '', 1, $2, now())`,
    [chain, row.hash],
  );
}

describe("velvet audit export", () => {
  it("writes what verifies without any ledger, with the auditor's role alone", async () => {
    const file = await exported();
    const { code, out, err } = await verifiedFile(file, { publicKey: signer.key });
    expect(code, out + err).toBe(0);
    const whole = JSON.parse((await verified(ledger, { output: "json" })).out) as object;
    const json = (await verifiedFile(file, { output: "json" })).out;
    expect(wrongShape("audit", json)).toEqual([]);
    expect(JSON.parse(json)).toMatchObject(whole);
  });

  it("never writes over a file", async () => {
    const to = await exported();
    const again = await run(ledger, async (context) => auditExportCommand(context, { to }));
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining("EEXIST") });
    expect((await verifiedFile(to)).code).toBe(0);
  });

  it.each([
    ["a time that is none", { since: "yesterday" }],
    ["a day that does not exist", { since: "2026-13-45" }],
    ["a period without a length", { since: "2026-02-01", until: "2026-01-01" }],
  ])("refuses %s", async (_, period) => {
    expect((await run(ledger, async (context) => auditExportCommand(context, period))).code).toBe(2);
  });

  it("knows the checkpoint that was published, and tells of one that is not in the file", async () => {
    const [file, checkpoint] = [await exported(), join(folder, "published.json")];
    await writeFile(checkpoint, published);
    expect((await verifiedFile(file, { checkpoint })).out).toContain("the ledger has what was published");
    await writeFile(checkpoint, published.replace(/"size": \d+/, '"size": 999'));
    expect((await verifiedFile(file, { checkpoint })).out).toContain("CheckpointForged");
  });

  it("does not trust a key that only the file names", async () => {
    const other = signerOf("test", keyRing(Secret.from(randomBytes(32).toString("base64"))));
    expect((await verifiedFile(await exported(), { publicKey: other.key })).out).toContain("CheckpointForged");
    expect((await verifiedFile(await exported(), { publicKey: "own:short" })).code).toBe(2);
  });

  it("writes a period that verifies as far as it goes: chains of rotations whole, the install's as a piece", async () => {
    const [row] = await tamper(
      ledger,
      "select to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') as at from velvet.audit where chain = 'install' and seq = 3",
    );
    const { at } = row as { at: string };
    for (const period of [
      { since: at },
      { until: at },
      { since: "2000-01-01", until: "2001-01-01" },
      { since: "2099-01-01" },
    ]) {
      const { code, out, err } = await verifiedFile(await exported(period));
      expect(code, out + err).toBe(0);
    }
    const whole = await readFile(await exported(), "utf8");
    const piece = await readFile(await exported({ since: at }), "utf8");
    expect(piece).toContain('"after":{"seq":2,');
    expect(piece.length).toBeLessThan(whole.length);
  });

  const changes: [string, (text: string) => string, string][] = [
    ["a cut-off end", (text) => text.split("\n").slice(0, -2).join("\n"), "it was cut off"],
    ["a changed line", (text) => text.replace("DecisionAccepted", "DecisionRejected"), "does not fit the lines before"],
    ["what is no record", () => "{}\n", "no line of a record"],
    ["an empty file", () => "", "it is empty"],
    ["a line too long", (text) => `${"x".repeat(17 << 20)}${text}`, "longer than any line"],
  ];
  it.each(changes)("is not taken with %s", async (_, change, why) => {
    const file = await exported();
    await writeFile(file, change(await readFile(file, "utf8")));
    expect(await verifiedFile(file)).toMatchObject({ code: 1, err: expect.stringContaining(why) });
  });
});

/** What differs may stay so, and was put right before: this person said both. */
async function drifted(name: string): Promise<void> {
  const by = JSON.stringify({ name, trust: "claimed", decision: "d", at: "2026-11-27T09:00:00Z", ticket: "OPS-9" });
  await tamper(
    ledger,
    `insert into velvet.finding (credential, place, kind, grade, state, message, digest, accepted_by)
       select uid, 'app', 'ValueDiffers', 'value', 'open', 'It differs.', 'd', '${by}' from velvet.credential`,
  );
  await tamper(
    ledger,
    `insert into velvet.correction (id, credential, place, fence, lands_until, wanted_by)
       select gen_random_uuid(), uid, 'app', 1, clock_timestamp(), '${by}' from velvet.credential`,
  );
}

describe("velvet audit erase", () => {
  const order = { reason: "asked to be forgotten", decidedBy: "dpo", output: "json" } as const;
  const eraseIt = async (more: object): Promise<Answer> =>
    run(ledger, async (context) => auditEraseCommand(context, { ...order, ...more }));

  it.each([
    ["nothing", {}],
    ["both", { actor: "ana", ticket: "SEC-1", confirm: "ana" }],
    ["a name of one letter", { actor: "a", confirm: "a" }],
    ["a name without an end", { actor: "a".repeat(201), confirm: "a".repeat(201) }],
    ["an unconfirmed name", { actor: "ana" }],
    ["another name typed", { actor: "ana", confirm: "Ana" }],
  ])("refuses %s", async (_, more) => {
    expect((await eraseIt(more)).code).toBe(2);
    expect(await tamper(ledger, "select 1 from velvet.actor where name = 'ana'")).toHaveLength(1);
  });

  it("asks at a terminal for the name once more, and takes nothing else for it", async () => {
    const typing = async (text: string): Promise<Answer> =>
      run(ledger, async (context) => {
        const stdin = (async function* () {
          yield Buffer.from(text);
        })();
        const at = { ...context, stdin, out: { ...context.out, live: true } };
        return auditEraseCommand(at, { ...order, actor: "nobody known" });
      });
    expect(await typing("nobody else\n")).toMatchObject({ code: 2, err: expect.stringContaining("Type it once more") });
    expect(JSON.parse((await typing("nobody known\r\n")).out)).toMatchObject({ actors: 0, words: 0 });
  });

  it("refuses what something under way still needs, and names it", async () => {
    await tamper(ledger, "update velvet.rotation set ended_at = null");
    const refused = await eraseIt({ actor: "ana", confirm: "ana" });
    await tamper(ledger, "update velvet.rotation set ended_at = clock_timestamp()");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("rotation team/quarterly") });
    expect(await tamper(ledger, "select 1 from velvet.actor where name = 'ana'")).toHaveLength(1);
  });

  it("is refused to the controller's role", async () => {
    const refused = await run(
      ledger,
      async (context) => auditEraseCommand(context, { ...order, actor: "ana", confirm: "ana" }),
      { VELVET_MIGRATION_DATABASE_URL: ledger.appUrl },
    );
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("only the ledger's owner may") });
  });

  it("leaves nothing of a ticket but a hole that an audit row explains, and every chain whole", async () => {
    const { code, out, err } = await eraseIt({ ticket: "SEC-1", confirm: "SEC-1" });
    expect(code, err).toBe(0);
    expect(wrongShape("audit-erase", out)).toEqual([]);
    expect(JSON.parse(out)).toMatchObject({
      erased: "ticket",
      actors: 0,
      rows: { decisions: 1, rotations: 1 },
      inClear: 0,
    });
    const shown = (await show("team/quarterly")).out;
    expect(shown).toContain("    ticket: [erased]");
    expect(shown).toContain("    because: all work");
    expect(shown).toContain(" by ben ");
    expect((await verified(ledger)).code).toBe(0);
  });

  it("leaves nothing of a person in what has ended, and the same id in every row", async () => {
    const before = JSON.parse((await show("token", { output: "json" })).out) as object;
    expect(before).toMatchObject({ rotations: [{ entries: expect.anything() }] });
    await drifted("ben");
    const { code, err, out: told } = await eraseIt({ actor: "ben", confirm: "ben" });
    expect(code, err).toBe(0);
    expect(JSON.parse(told)).toMatchObject({ rows: { drift: 2 } });
    const { out } = await show("team/quarterly");
    expect(out).toContain("Decision accepted by [erased]");
    expect(out).toContain("message: [erased]");
    expect(out).toContain("Rotation started by ana");
    expect((await verified(ledger)).code).toBe(0);
    const tables = ["request", "decision", "rotation", "consumer", "finding", "correction", "audit_words", "actor"];
    for (const table of tables)
      expect(
        await tamper(ledger, `select 1 from velvet.${table} t where velvet.says(to_jsonb(t)::text, 'ben')`),
      ).toEqual([]);
    await seal();
    expect((await verifiedFile(await exported())).code).toBe(0);
    // The row that says so is of a later time.
    const until = (JSON.parse((await show("token", { output: "json" })).out) as { rotations: { endedAt: string }[] })
      .rotations;
    const early = await verifiedFile(
      await exported({ until: new Date(Date.parse(until[0]?.endedAt ?? "") + 1).toISOString() }),
    );
    expect(early.code, early.out).toBe(0);
  });

  it("gives a person who comes back another id", async () => {
    const owner = openPool({ connectionString: ledger.ownerUrl, max: 1, applicationName: "test" }, () => undefined);
    await erase(ledgerOf(owner), { kind: "ticket", word: "none", decidedBy: "ben", reason: "back" }, randomBytes);
    await owner.end();
    expect(await tamper(ledger, "select 1 from velvet.actor where name = 'ben'")).toHaveLength(1);
    expect((await show("team/quarterly")).out).toContain("Decision accepted by [erased]");
    expect((await verified(ledger)).code).toBe(0);
  });

  it("does not touch what has the same name and is no person: a Credential, a longer ticket", async () => {
    const before = await tamper(ledger, "select snapshot - 'request' as s, facts from velvet.rotation");
    expect(JSON.parse((await eraseIt({ actor: "token", confirm: "token" })).out)).toMatchObject({
      actors: 0,
      words: 0,
      rows: { requests: 0, decisions: 0, rotations: 0, consumers: 0, objects: 0 },
    });
    expect(await tamper(ledger, "select snapshot - 'request' as s, facts from velvet.rotation")).toEqual(before);
    const [says] = await tamper(
      ledger,
      "select velvet.says('in OPS-12', 'OPS-1') as longer, velvet.says('in (OPS-1).', 'OPS-1') as own, velvet.says('a.b', 'axb') as dot, velvet.says('it was a.b', 'a.b') as literal",
    );
    expect(says).toEqual({ longer: false, own: true, dot: false, literal: true });
  });
});
