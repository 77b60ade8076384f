import { verifyAudit } from "../audit/verify.ts";
import {
  custodyAgrees,
  ledgerHoldsNone,
  loginOf,
  newLoginWorks,
  nothingLeaked,
  oldLoginIsRefused,
  oldSessionsAreGone,
  type Proof,
  restOfFileIsKept,
} from "./proofs.ts";
import type { World } from "./world.ts";

/** Tries every claim, one after the other, on the world as the rotation left it. */
export async function allProofs({ places, orders, ledger, dotenvBefore }: World): Promise<Proof[]> {
  const current = await loginOf(places.dotenv);
  const passwords = [
    ...[orders.url.reveal(), current].map((url) => new URL(url).password),
    orders.admin.password.reveal(),
  ];
  return [
    await newLoginWorks(places.dotenv, orders.url),
    await oldLoginIsRefused(orders.url),
    await oldSessionsAreGone(ledger.server.superuserUrl, orders.url),
    await custodyAgrees(places.custody, places.dotenv),
    await restOfFileIsKept(places.dotenv, dotenvBefore),
    await nothingLeaked([places.controllerLog, places.appLog], passwords),
    await ledgerHoldsNone(ledger.server.urlFor({ database: "velvet" }), passwords),
    await auditChainsVerify(ledger.verifierUrl.reveal()),
  ];
}

/** By the independent verifier, which shares no code with what writes the chains. */
async function auditChainsVerify(url: string): Promise<Proof> {
  const { ok, chains, rows, faults } = await verifyAudit(url);
  const seen = ok ? `${rows} rows in ${chains} chains` : faults.map(({ message }) => message).join("; ");
  return { claim: "Every audit chain verifies", holds: ok && rows > 0, seen };
}
