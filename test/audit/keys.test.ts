/** The key that signs checkpoints, given or derived, and how another one follows it. */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { verifyAudit } from "../../controller/audit/verify.ts";
import { closeInterval, handOver } from "../../controller/checkpoints/close.ts";
import { compareFound } from "../../controller/checkpoints/compare.ts";
import { foundIn } from "../../controller/checkpoints/file.ts";
import { keyUnder, signingNow } from "../../controller/checkpoints/keys.ts";
import { publishedText, type Signer, signerOf } from "../../controller/checkpoints/statement.ts";
import { checkpointKeyOf, givenKey } from "../../controller/custody/checkpoint-key.ts";
import { keyRing, RETIRED } from "../../controller/custody/key.ts";
import { appendInstallAudit } from "../../controller/ledger/audit.ts";
import { ensureInstall } from "../../controller/ledger/install.ts";
import { type FreshLedger, freshLedger } from "../support/postgres.ts";

const ring = keyRing(Secret.from(Buffer.alloc(32, 5).toString("base64")));
const key = (fill: number) => givenKey(Secret.from(Buffer.alloc(32, fill).toString("base64")));
const derived = signerOf("eu-1", ring);
const second = signerOf("eu-1", ring, { key: key(1) });
const third = signerOf("eu-1", ring, { key: key(2), previous: key(1) });

let ledger: FreshLedger;

beforeEach(async () => {
  ledger = await freshLedger();
  await ensureInstall(ledger.db, { id: "eu-1", environment: "test" }, ring, derived.key);
});
afterEach(async () => ledger.drop());

async function look(signer: Signer, text?: string) {
  const found = text === undefined ? ({ kind: "absent" } as const) : foundIn(text);
  const compared = await compareFound(ledger.db, found, "here", signer);
  return { ...compared, signing: signingNow(compared.ledger.keys, signer) };
}

/** As the sequencer does it. Returns what is published. */
async function seal(signer: Signer): Promise<string> {
  await ledger.db.transaction(async (tx) => appendInstallAudit(tx, [{ event: "Happened" }]));
  const { hold, signing } = await look(signer);
  if (hold !== undefined || signing === undefined) throw new Error(hold?.message ?? "another key signs");
  const closed = await ledger.db.transaction(async (tx) =>
    signing.nextKey === undefined ? closeInterval(tx, signing) : handOver(tx, signing),
  );
  if (closed === undefined) throw new Error("nothing grew");
  return publishedText(closed, keyUnder(closed, (await look(signer)).ledger.keys));
}

describe("a key that follows another", () => {
  it("is named by the last checkpoint of the one before, and everything verifies from the first key on", async () => {
    await seal(derived);
    for (const signer of [second, second, third, third]) await seal(signer);
    const { checkpoints, faults, ok } = await verifyAudit(ledger.auditorUrl, { publicKey: derived.key });
    expect({ ok, faults, checkpoints }).toMatchObject({
      ok: true,
      faults: [],
      checkpoints: { count: 5, key: derived.key, keyNow: third.key },
    });
  });

  it("is taken by the comparison with what was published, before and after", async () => {
    const before = await seal(derived);
    expect((await look(second, before)).hold).toBeUndefined();
    const between = await seal(second);
    expect(JSON.parse(between)).toMatchObject({ key: derived.key, nextKey: second.key });
    const after = await seal(second);
    expect(JSON.parse(after)).toMatchObject({ key: second.key });
    for (const text of [before, between, after]) {
      expect((await look(second, text)).hold).toBeUndefined();
      expect(await verifyAudit(ledger.auditorUrl, { published: text })).toMatchObject({
        ok: true,
        checkpoints: { published: { found: "yes" } },
      });
    }
  });

  it("leaves a replica that still has the old one running, which signs nothing any more", async () => {
    await seal(derived);
    await seal(second);
    const { hold, signing } = await look(derived);
    expect({ hold, signing }).toEqual({ hold: undefined, signing: undefined });
  });

  it("is not taken where the one before is not at hand", async () => {
    await seal(second);
    await seal(second);
    const without = signerOf("eu-1", ring, { key: key(2) });
    expect((await look(without)).hold).toMatchObject({ reason: "CheckpointForged" });
  });

  it("is not taken where the one before did not sign it", async () => {
    await seal(derived);
    await ledger.pool.query("select 1");
    await ledger.db.transaction(async (tx) => appendInstallAudit(tx, [{ event: "Forged" }]));
    // Whoever can write to the ledger names a key of their own.
    const forged = { origin: "eu-1", ...key(9), nextKey: third.key };
    await ledger.db.transaction(async (tx) => handOver(tx, forged));
    for (const signer of [derived, second, third])
      expect((await look(signer)).hold).toMatchObject({ reason: "CheckpointForged" });
    expect((await verifyAudit(ledger.auditorUrl)).faults).toMatchObject([{ kind: "CheckpointForged" }]);
  });

  it("does not hide that the ledger was put back to before it", async () => {
    await seal(derived);
    const restored = await look(second, await publishedElsewhere());
    expect(restored.hold).toMatchObject({ reason: "LedgerRollback" });
  });

  it("signs from the beginning where it was given then", async () => {
    const own = await freshLedger();
    try {
      await ensureInstall(own.db, { id: "eu-1", environment: "test" }, ring, second.key);
      await own.db.transaction(async (tx) => appendInstallAudit(tx, [{ event: "Happened" }]));
      await own.db.transaction(async (tx) => closeInterval(tx, second));
      const trusted = await verifyAudit(own.auditorUrl, { publicKey: second.key });
      expect(trusted).toMatchObject({ ok: true, checkpoints: { key: second.key } });
      const other = givenKey(Secret.from(randomBytes(32).toString("base64"))).key;
      expect((await verifyAudit(own.auditorUrl, { publicKey: other })).faults).toMatchObject([
        { kind: "CheckpointForged" },
      ]);
    } finally {
      await own.drop();
    }
  });
});

describe("a key-encryption key that is retired", () => {
  const [one, two, three] = [5, 6, 7].map((fill) => Secret.from(Buffer.alloc(32, fill).toString("base64")));
  if (!one || !two || !three) throw new Error("no keys");
  const [both, alone] = [keyRing(two, [one]), keyRing(two, [RETIRED])];
  const last = keyRing(three, [RETIRED, two]);

  it("may be the first one, as soon as the one after it has followed; everything verifies from the first key on", async () => {
    await seal(derived);
    await ensureInstall(ledger.db, { id: "eu-1", environment: "test" }, both);
    const handover = await seal(signerOf("eu-1", both));
    expect(JSON.parse(handover)).toMatchObject({ key: derived.key, nextKey: checkpointKeyOf(both) });
    for (const ring of [alone, last]) {
      await ensureInstall(ledger.db, { id: "eu-1", environment: "test" }, ring);
      const signer = signerOf("eu-1", ring);
      expect((await look(signer, handover)).hold).toBeUndefined();
      await seal(signer);
    }
    const { checkpoints, faults, ok } = await verifyAudit(ledger.auditorUrl, { publicKey: derived.key });
    expect({ ok, faults, checkpoints }).toMatchObject({
      ok: true,
      faults: [],
      checkpoints: { count: 4, key: derived.key, keyNow: checkpointKeyOf(last) },
    });
  });

  it("and is not taken where it was too early: what is to be put back is named, and nothing is started until then", async () => {
    await ensureInstall(ledger.db, { id: "eu-1", environment: "test" }, both);
    await seal(derived);
    const { hold } = await look(signerOf("eu-1", alone));
    expect(hold).toMatchObject({
      reason: "CheckpointForged",
      message: expect.stringContaining("key-encryption key k1"),
    });
    expect((await look(signerOf("eu-1", both))).hold).toBeUndefined();
  });
});

/** What the same install published later, with the key that this ledger does not know of yet. */
async function publishedElsewhere(): Promise<string> {
  const later = await freshLedger();
  try {
    await ensureInstall(later.db, { id: "eu-1", environment: "test" }, ring, second.key);
    await later.db.transaction(async (tx) => appendInstallAudit(tx, [{ event: "Later" }]));
    const closed = await later.db.transaction(async (tx) => closeInterval(tx, second));
    if (closed === undefined) throw new Error("nothing grew");
    return publishedText(closed, second.key);
  } finally {
    await later.drop();
  }
}
