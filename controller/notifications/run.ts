/**
 * Tells people of alarms: each at least once, by one replica at a time, and never in a rotation's way. What was not heard is tried again for
 * as long as it takes; a replica that dies is followed by another one within seconds.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../adapters/contract.ts";
import type { Secret } from "../../adapters/secret.ts";
import type { Db } from "../ledger/db.ts";
import { type HeldLease, holdLease } from "../ledger/lease.ts";
import { alarmedRotation, deliverOutbox, dueAlarms, type Touched } from "../ledger/projections.ts";
import { alarmedWait } from "../ledger/waits.ts";
import type { Log } from "../log.ts";
import { type Notice, noticeOf } from "./notice.ts";
import { noticeOfWait } from "./waits.ts";
import { post } from "./webhook.ts";

export interface NotificationOptions {
  readonly db: Db;
  readonly log: Log;
  readonly clock: Clock;
  readonly owner: string;
  readonly newId: () => string;
  /** Absent: the log alone is told. */
  readonly webhook?: Secret | undefined;
  readonly pollMs?: number;
  readonly signal: AbortSignal;
}

const LEASE = "notifications";
/** Within 30 seconds somebody hears of it, a replica's death included. */
const LEASE_MS = 9_000;
const POLL_MS = 1_000;
const BATCH = 16;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** Runs until the signal. Never rejects. */
export async function runNotifications(options: NotificationOptions): Promise<void> {
  const { signal, pollMs = POLL_MS } = options;
  const pause = async (): Promise<void> => sleep(pollMs, undefined, { signal }).catch(() => undefined);
  while (!signal.aborted) {
    const held = await claim(options);
    if (held) await tellWhileHeld(options, held, pause);
    else await pause();
  }
}

async function claim({ db, clock, owner, newId }: NotificationOptions): Promise<HeldLease | undefined> {
  const order = { name: LEASE, claim: newId(), owner, ttlMs: LEASE_MS };
  return holdLease(db, order, clock).catch(() => undefined);
}

async function tellWhileHeld(options: NotificationOptions, held: HeldLease, pause: () => Promise<void>): Promise<void> {
  const teller = new Teller(options);
  try {
    while (!options.signal.aborted && !held.lost.aborted) {
      // An outage of the ledger is not the last word: it is asked again.
      await teller.once().catch(() => undefined);
      await pause();
    }
  } finally {
    await held.release();
  }
}

interface Resting {
  readonly untilMs: number;
  readonly tries: number;
}

class Teller {
  readonly #options: NotificationOptions;
  readonly #logged = new Set<string>();
  readonly #resting = new Map<string, Resting>();

  constructor(options: NotificationOptions) {
    this.#options = options;
  }

  async once(): Promise<void> {
    const due = await dueAlarms(this.#options.db, BATCH);
    await Promise.all(due.map(async (touched) => this.#tell(touched)));
  }

  async #tell(touched: Touched): Promise<void> {
    const { db, clock } = this.#options;
    const key = `${touched.key}/${touched.version}`;
    const resting = this.#resting.get(key);
    if (resting && resting.untilMs > clock.monotonicMs()) return;
    const notice = await this.#noticeOf(touched);
    if (notice) this.#logOnce(key, notice);
    if (notice && !(await this.#post(key, notice))) return;
    await deliverOutbox(db, [touched]);
    this.#resting.delete(key);
    this.#logged.delete(key);
  }

  /** An alarm is about a rotation, or about what is waited for outside of any. */
  async #noticeOf({ key, version }: Touched): Promise<Notice | undefined> {
    const { db } = this.#options;
    if (key.includes("/")) return noticeOfWait(await alarmedWait(db, key), version);
    const view = await alarmedRotation(db, key);
    const notice = view && noticeOf(view, version);
    return notice && { ...notice, facts: { rotation: view.rotation.id, ...notice.facts } };
  }

  #logOnce(key: string, { facts, text }: Notice): void {
    if (this.#logged.has(key)) return;
    this.#logged.add(key);
    this.#options.log.error(facts, text);
  }

  /** False: not heard yet. */
  async #post(key: string, { id, message }: Notice): Promise<boolean> {
    const { webhook, signal, log, clock } = this.#options;
    if (!webhook) return true;
    try {
      await post(webhook, id, message, signal);
      return true;
    } catch (error) {
      const tries = (this.#resting.get(key)?.tries ?? 0) + 1;
      const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 10));
      this.#resting.set(key, { untilMs: clock.monotonicMs() + waitMs, tries });
      const because = error instanceof Error ? error.message : "";
      if (!signal.aborted) log.warn({ alarm: id, tries, because }, "an alarm was not heard; it is told again");
      return false;
    }
  }
}
