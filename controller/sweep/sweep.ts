/** Looks at everything that an account's vendor has with this install's marker, and finds its owner. Ends nothing itself. */
import type { IssuedKey } from "../../adapters/contract.ts";
import { isAdapterError } from "../../adapters/errors.ts";
import { BY_MARKER } from "../domain/attribution.ts";
import { attemptIn } from "../domain/drift/vendor.ts";
import { around } from "../domain/duration.ts";
import { account as accountFor, type SweepFacts, type Unaccounted, unaccountedText } from "../domain/sweep.ts";
import type { Snapshot } from "../domain/world.ts";
import type { Deps } from "../engine/deps.ts";
import { call, causeOf } from "../engine/effect.ts";
import { type DueSweep, ownersOf, recordSweep, watchAgain } from "../ledger/sweeps.ts";

export interface SweepDeps extends Deps {
  /** False: nothing is filed for the reaper either. */
  readonly mayEnd: () => boolean;
}

/** A day, and what is found is looked at again sooner: the reaper, or a person, may have ended it. */
const EVERY_MS = 86_400_000;
const AGAIN_MS = 600_000;
const MOST_TOLD = 200;

/** Returns what nobody owns. Throws the database's errors, never an adapter's. */
export async function sweepAccount(
  deps: SweepDeps,
  due: DueSweep,
  signal: AbortSignal,
): Promise<readonly Unaccounted[]> {
  const { keys, facts } = await inventory(deps, due, signal);
  const ids = keys.map(({ id }) => id);
  const owners = await ownersOf(
    deps.db,
    due.account,
    ids,
    keys.flatMap((key) => attemptIn(key) ?? []),
  );
  const { found, counts } = accountFor(deps.install, keys, owners);
  const isSoon = found.length > 0 || (facts.unlisted?.length ?? 0) > 0;
  const nextMs = around(isSoon ? AGAIN_MS : EVERY_MS, deps.jitter());
  const told = { found: found.slice(0, MOST_TOLD), facts: { ...facts, counts } };
  const news = await recordSweep(deps.db, due.account, told, nextMs);
  if (news) tell(deps, due.account, found);
  if (deps.mayEnd()) for (const each of found) if (each.why === "Orphan") await watchAgain(deps.db, each);
  return found;
}

function tell({ log }: Deps, account: string, found: readonly Unaccounted[]): void {
  if (found.length === 0) return log.info({ account }, "all that the vendor has of ours has an owner");
  for (const each of found) log.warn({ account, vendorId: each.id, reason: each.why }, unaccountedText(each));
}

interface Inventory {
  /** Each id once, whichever issuer listed it. */
  readonly keys: readonly IssuedKey[];
  readonly facts: SweepFacts;
}

async function inventory(deps: Deps, due: DueSweep, signal: AbortSignal): Promise<Inventory> {
  const keys = new Map<string, IssuedKey>();
  const unlisted: { credential: string; reason: string; message: string }[] = [];
  let [listed, unmarked] = [0, 0];
  for (const credential of due.issuers) {
    if (signal.aborted) break;
    const answer = await list(deps, snapshotOf(due, credential), signal);
    if ("reason" in answer) unlisted.push({ credential: `${credential.namespace}/${credential.name}`, ...answer });
    else {
      listed += 1;
      if (!answer.marks) unmarked += 1;
      for (const key of answer.keys) keys.set(key.id, key);
    }
  }
  return { keys: [...keys.values()], facts: { listed, unmarked, unlisted } };
}

type Listed =
  | { readonly keys: readonly IssuedKey[]; readonly marks: boolean }
  | { readonly reason: string; readonly message: string };

async function list(deps: Deps, snapshot: Snapshot, signal: AbortSignal): Promise<Listed> {
  try {
    const issuer = deps.accounts.issuer(snapshot);
    const { mintClass, authority } = issuer.traits;
    const outcome = await call(deps, "sweep.list", signal, async (inner) => issuer.list(inner));
    if (outcome.kind === "done")
      return { keys: outcome.value, marks: BY_MARKER.has(mintClass) && authority === "vendor" };
    return { reason: outcome.cause.reason, message: outcome.cause.message };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    const { reason, message } = causeOf(error);
    return { reason, message };
  }
}

/** As the adapters are opened for a rotation; no request stands behind it. */
function snapshotOf({ account, generation, spec }: DueSweep, credential: Snapshot["credential"]): Snapshot {
  const { namespace, name } = credential;
  const request = { credentialRef: { name }, flow: "Operational", reason: "sweep", requestedBy: "velvet" } as const;
  return { request: { namespace, name, spec: request }, credential, accounts: { [account]: { generation, spec } } };
}
