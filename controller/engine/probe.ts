/** Whether each vendor account works, asked now and then by one replica at a time, reading only. */
import type { Health } from "../../adapters/contract.ts";
import { around } from "../domain/duration.ts";
import type { ProbeClaim } from "../ledger/accounts.ts";
import { claimProbes, recordProbe } from "../ledger/accounts.ts";
import { type Deps, within } from "./deps.ts";
import { call } from "./effect.ts";

const BATCH = 8;
const WELL_MS = 300_000;
/** One that does not work is asked more often: rotations wait for it. */
const UNWELL_MS = 30_000;

/** One look at what is due. Returns how many accounts were probed. */
export async function probeAccounts(deps: Deps): Promise<number> {
  const due = await claimProbes(deps.db, BATCH, deps.leaseMs);
  await Promise.all(
    due.map(async (claim) => within(deps, { account: claim.account }, async () => probeOne(deps, claim))),
  );
  return due.length;
}

async function probeOne(deps: Deps, claim: ProbeClaim): Promise<void> {
  const { account, generation, spec } = claim;
  if (spec === null) return;
  const outcome = await call(deps, "account.probe", new AbortController().signal, async (signal) =>
    deps.accounts.probe({ name: account, generation, spec }, signal),
  );
  const health: Health =
    outcome.kind === "done"
      ? outcome.value
      : { ready: false, reason: outcome.cause.reason, message: outcome.cause.message };
  const every = health.ready ? WELL_MS : UNWELL_MS;
  // Not all accounts at the same moment.
  const news = await recordProbe(deps.db, claim, health, around(every, deps.jitter()));
  if (!news) return;
  const facts = { account, reason: health.reason, remaining: health.remaining };
  if (health.ready) deps.log.info(facts, "the account works");
  else deps.log.warn(facts, `the account does not work, and no rotation that needs it begins: ${health.message}`);
}
