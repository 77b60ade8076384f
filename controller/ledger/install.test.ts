/** Which key a ledger is sealed with, as it is started with one after the other. */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Secret } from "../../adapters/secret.ts";
import { type FreshLedger, freshLedger } from "../../test/support/postgres.ts";
import { publicKeyOf } from "../custody/box.ts";
import { keyRing, RETIRED } from "../custody/key.ts";
import { installOf } from "./credentials.ts";
import { checkInstall, ensureInstall } from "./install.ts";

const material = (): Secret => Secret.from(randomBytes(32).toString("base64"));
const [first, second, third] = [material(), material(), material()];
const OWN = { id: "eu-1", environment: "test" };
let ledger: FreshLedger;

beforeEach(async () => {
  ledger = await freshLedger();
});
afterEach(async () => ledger.drop());

async function changes(): Promise<unknown[]> {
  const { rows } = await ledger.pool.query<{ entry: object }>(
    "select convert_from(canonical, 'UTF8')::jsonb as entry from velvet.audit where chain = 'install' order by seq",
  );
  return rows.map(({ entry }) => entry).filter((entry) => "event" in entry && entry.event === "KeyChanged");
}

it("goes on with a new key that names the one before, once, and says so in the audit", async () => {
  await ensureInstall(ledger.db, OWN, keyRing(first));
  const two = keyRing(second, [first]);
  await Promise.all([ensureInstall(ledger.db, OWN, two), ensureInstall(ledger.db, OWN, two)]);
  expect((await installOf(ledger.db))?.sealingKey).toBe(publicKeyOf(two));
  expect(await changes()).toMatchObject([{ from: "k1", to: "k2" }]);
  await ensureInstall(ledger.db, OWN, keyRing(third, [first, second]));
  await ensureInstall(ledger.db, OWN, keyRing(third, [first, RETIRED]));
  expect(await changes()).toMatchObject([{ to: "k2" }, { from: "k2", to: "k3" }]);
});

it.each([
  ["a new key alone", () => keyRing(second)],
  ["the keys in the wrong order", () => keyRing(first, [second])],
  ["a key that is missing in the middle", () => keyRing(third, [second])],
  ["the key before as a retired one", () => keyRing(third, [first, RETIRED])],
])("is not opened with %s, and stays as it was", async (_, ring) => {
  await ensureInstall(ledger.db, OWN, keyRing(first));
  const two = keyRing(second, [first]);
  await ensureInstall(ledger.db, OWN, two);
  await expect(ensureInstall(ledger.db, OWN, ring())).rejects.toMatchObject({ reason: "KeyMismatch" });
  await expect(checkInstall(ledger.db, OWN, ring())).rejects.toMatchObject({ name: "WrongKey" });
  expect((await installOf(ledger.db))?.sealingKey).toBe(publicKeyOf(two));
});

it("keeps its checkpoint key through a change", async () => {
  await ensureInstall(ledger.db, OWN, keyRing(first));
  const { checkpointKey } = await checkInstall(ledger.db, OWN, keyRing(first));
  await ensureInstall(ledger.db, OWN, keyRing(second, [first]));
  expect((await checkInstall(ledger.db, OWN, keyRing(second, [first]))).checkpointKey).toBe(checkpointKey);
});
