import { readFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { freshLedger } from "../../test/support/postgres.ts";
import { keyRing } from "../custody/key.ts";
import { appendInstallAudit } from "../ledger/audit.ts";
import type { Db } from "../ledger/db.ts";
import { ensureInstall } from "../ledger/install.ts";
import { closeInterval } from "./close.ts";
import { signerOf } from "./statement.ts";
import { Watch } from "./watch.ts";

const quiet = () => undefined;

/** As `db`, and somebody is faster than the answer to the first question of a look. */
function overtaken(db: Db, by: () => Promise<void>): Db {
  let left = 1;
  return {
    ...db,
    transaction: async (run) => db.transaction(run),
    query: async (question, values) => {
      const rows = await db.query(question, values);
      if (left-- === 1) await by();
      return rows;
    },
  } as Db;
}

it("what was put in the file's place during a look is looked at, and not published over", async () => {
  const ledger = await freshLedger();
  const folder = await mkdtemp(join(tmpdir(), "velvet-watch-"));
  try {
    const ring = keyRing(Secret.from(Buffer.alloc(32, 5).toString("base64")));
    const signer = signerOf("eu-1", ring);
    await ensureInstall(ledger.db, { id: "eu-1", environment: "test" }, ring, signer.key);
    await ledger.db.transaction(async (tx) => {
      await appendInstallAudit(tx, [
        { event: "RequestRefused", namespace: "orders", name: "first", reason: "NoConsumers" },
      ]);
      await closeInterval(tx, signer);
    });
    const file = join(folder, "checkpoint.json");
    const forge = async (): Promise<void> => writeFile(file, "nothing of the kind");
    const watch = new Watch({
      db: overtaken(ledger.db, forge),
      signer,
      file,
      place: "here",
      clock: { now: () => new Date(), monotonicMs: () => performance.now() },
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      onFree: quiet,
    });
    await watch.look();
    expect(await readFile(file, "utf8")).toBe("nothing of the kind");
    await watch.look();
    expect(watch.isHeld()).toMatch(/^CheckpointForged: /);
    await rm(file);
    await watch.look();
    expect(watch.isHeld()).toBeUndefined();
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ origin: "eu-1" });
  } finally {
    await rm(folder, { recursive: true });
    await ledger.drop();
  }
});
