/** What the ledger keeps of vendor accounts: how the last probe of each went, and how much may be sent. */
import type { Health } from "../../adapters/contract.ts";
import type { VendorAccountSpec } from "../../crds/kinds.gen.ts";
import type { Instant } from "../domain/world.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

/** An account that is to be probed now, by us. */
export interface ProbeClaim {
  readonly account: string;
  readonly generation: number;
  /** Null where it was removed meanwhile. */
  readonly spec: VendorAccountSpec | null;
}

export interface AccountView {
  readonly name: string;
  readonly adapter: string;
  /** Null until its first probe has ended. */
  readonly ready: boolean | null;
  readonly reason: string;
  readonly message: string;
  /** Requests that the vendor still allows, where it tells. */
  readonly remaining: number | null;
  readonly probedAt: Instant | null;
  readonly changedAt: Instant | null;
  /** The vendor said to send nothing until then. */
  readonly blockedUntil: Instant | null;
}

export interface UnreadyAccount {
  readonly account: string;
  readonly reason: string;
  readonly message: string;
}

/** How fast an account may be called. */
export interface Pace {
  /** Null: as fast as one likes. */
  readonly perMinute: number | null;
  /** So many may go at once after a rest. */
  readonly saved: number;
  /** How long the one who asks would wait. */
  readonly patienceMs: number;
}

const CLAIM = statement("claim_probes");
const RECORD = statement("record_probe");
const LIST = statement("list_accounts");
const UNREADY = statement("unready_accounts");
const TAKE = statement("take_budget");
const BLOCKED = statement("budget_blocked");
const BEGIN = statement("begin_budget");
const BLOCK = statement("block_budget");

export async function claimProbes(db: Db, most: number, leaseMs: number): Promise<ProbeClaim[]> {
  return db.query<ProbeClaim>(CLAIM, [most, leaseMs]);
}

/** True when the account was not known to be so. An account that changed meanwhile is left alone: it is due again. */
export async function recordProbe(db: Db, claim: ProbeClaim, health: Health, nextMs: number): Promise<boolean> {
  const { ready, reason, message, remaining } = health;
  const [row] = await db.query<{ news: boolean }>(RECORD, [
    claim.account,
    claim.generation,
    ready,
    reason,
    message,
    remaining ?? null,
    nextMs,
  ]);
  return row?.news ?? false;
}

export async function listAccounts(db: Db): Promise<AccountView[]> {
  return db.query<AccountView>(LIST);
}

/** Those that nobody has probed in this generation are not among them. */
export async function unreadyAccounts(
  db: Db,
  accounts: readonly { readonly name: string; readonly generation: number }[],
): Promise<UnreadyAccount[]> {
  if (accounts.length === 0) return [];
  return db.query<UnreadyAccount>(UNREADY, [
    accounts.map(({ name }) => name),
    accounts.map(({ generation }) => generation),
  ]);
}

/** `waitMs`: where granted, when to send; else, when to ask again. Nothing is counted where it is not granted. */
export interface Taken {
  readonly granted: boolean;
  readonly waitMs: number;
}

/** May so many more requests go? One answer for each of them: those that may come first. */
export async function takeBudgets(db: Db, account: string, pace: Pace, count: number): Promise<readonly Taken[]> {
  const { perMinute, saved, patienceMs } = pace;
  if (perMinute === null) return unpaced(db, account, count);
  const values = [account, perMinute, saved, patienceMs, count];
  const [row] = await db.query<Turn>(TAKE, values);
  if (row) return turnsOf(row, count);
  await db.query(BEGIN, [account]);
  const [begun] = await db.query<Turn>(TAKE, values);
  return begun ? turnsOf(begun, count) : Array.from({ length: count }, () => ({ granted: true, waitMs: 0 }));
}

interface Turn {
  readonly granted: number;
  readonly firstMs: number;
  readonly everyMs: number;
  readonly againMs: number;
}

function turnsOf({ granted, firstMs, everyMs, againMs }: Turn, count: number): readonly Taken[] {
  return Array.from({ length: count }, (_, at) =>
    at < granted
      ? { granted: true, waitMs: Math.max(0, Math.ceil(firstMs + at * everyMs)) }
      : { granted: false, waitMs: againMs },
  );
}

/** Nothing is counted where the vendor's own answers are the only limit. */
async function unpaced(db: Db, account: string, count: number): Promise<readonly Taken[]> {
  const [row] = await db.query<{ waitMs: number }>(BLOCKED, [account]);
  const waitMs = Math.max(0, Math.ceil(row?.waitMs ?? 0));
  return Array.from({ length: count }, () => ({ granted: waitMs === 0, waitMs }));
}

export async function blockBudget(db: Db, account: string, ms: number): Promise<void> {
  await db.query(BLOCK, [account, ms]);
}
