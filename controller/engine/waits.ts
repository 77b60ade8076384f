/** Reminds people of what waits for them outside of rotations: one replica at a time, a pass now and then, all of it from the ledger. */
import { tellOf } from "../domain/waiting.ts";
import { claimLease } from "../ledger/lease.ts";
import { listWaits, recordWaits } from "../ledger/waits.ts";
import type { Deps } from "./deps.ts";

/** Between two passes. Nothing here is a matter of minutes. */
const PASS_MS = 60_000;
const MOST = 1_000;

/** One pass, unless another replica made one just now. Returns how often somebody was told. */
export async function remindOfWaits(deps: Deps): Promise<number> {
  const order = { name: "waits", claim: deps.uuid(), owner: deps.replica, ttlMs: PASS_MS * 0.9 };
  // The lease is never given back: whoever has it has made this pass.
  if ((await claimLease(deps.db, order)) === undefined) return 0;
  const told = (await listWaits(deps.db, MOST)).flatMap((wait) => tellOf(wait, wait.now) ?? []);
  await recordWaits(deps.db, told);
  const heard = told.filter(({ act }) => act === "remind" || act === "escalate");
  for (const { wait, aloud } of heard) deps.meter?.personReminded(wait.kind, aloud);
  return heard.length;
}
