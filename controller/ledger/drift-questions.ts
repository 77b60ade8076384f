/** What looks ask the ledger and tell it, together with the looks that are under way beside them. */
import type { KnownAttempt } from "../domain/drift/vendor.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";
import { type CheckClaim, type CheckRecord, isQuiet, type LookRecord, recordCheck, recordChecks } from "./drift.ts";
import { Gathered } from "./gathered.ts";

const ATTEMPTS = statement("attempts_named");
const SHARE = statement("share_prints");
const MOST_AT_ONCE = 64;
const MOST_SHARERS = 16;

export interface Sharer {
  readonly field: string;
  readonly namespace: string;
  readonly name: string;
}

export interface AttemptQuestion {
  readonly credential: string;
  readonly ids: readonly string[];
  readonly vendorIds: readonly string[];
}

export interface PrintQuestion {
  readonly credential: string;
  readonly prints: readonly { readonly field: string; readonly print: string }[];
}

type From<Row> = Row & { readonly asker: string };

export class DriftQuestions {
  readonly #db: Db;
  readonly #quiet: Gathered<LookRecord, boolean>;
  readonly #attempts: Gathered<AttemptQuestion, readonly KnownAttempt[]>;
  readonly #sharers: Gathered<PrintQuestion, readonly Sharer[]>;

  constructor(db: Db) {
    this.#db = db;
    this.#quiet = new Gathered(MOST_AT_ONCE, async (looks) => recordChecks(db, looks));
    this.#attempts = new Gathered<AttemptQuestion, readonly KnownAttempt[]>(MOST_AT_ONCE, async (all) => {
      const rows = await db.query<From<KnownAttempt>>(ATTEMPTS, [JSON.stringify(all)]);
      return perAsker(all, rows);
    });
    this.#sharers = new Gathered<PrintQuestion, readonly Sharer[]>(MOST_AT_ONCE, async (all) => {
      const prints = all.flatMap(({ credential, prints: own }) => own.map((print) => ({ credential, ...print })));
      const rows = await db.query<From<Sharer>>(SHARE, [JSON.stringify(prints)]);
      return perAsker(all, rows).map((own) => own.slice(0, MOST_SHARERS));
    });
  }

  /** All of it or nothing. False: somebody else looks, or a rotation has begun: what was seen says nothing any more. */
  async record(claim: CheckClaim, record: CheckRecord): Promise<boolean> {
    return isQuiet(claim, record) ? this.#quiet.ask({ claim, record }) : recordCheck(this.#db, claim, record);
  }

  /** The attempts with these ids, whosever they are, and those of this Credential that made these vendor ids. */
  async attemptsNamed(question: AttemptQuestion): Promise<readonly KnownAttempt[]> {
    return question.ids.length + question.vendorIds.length === 0 ? [] : this.#attempts.ask(question);
  }

  /** Takes down these fingerprints, and answers who else holds the same values. */
  async sharePrints(question: PrintQuestion): Promise<readonly Sharer[]> {
    return question.prints.length === 0 ? [] : this.#sharers.ask(question);
  }
}

function perAsker<Row>(asked: readonly { readonly credential: string }[], rows: readonly From<Row>[]): Row[][] {
  const byAsker = new Map<string, Row[]>();
  for (const row of rows) {
    const own = byAsker.get(row.asker);
    if (own) own.push(row);
    else byAsker.set(row.asker, [row]);
  }
  return asked.map(({ credential }) => byAsker.get(credential) ?? []);
}
