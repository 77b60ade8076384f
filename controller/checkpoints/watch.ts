/** One replica's eye on what it has published: whether anything may be started, and the file brought up to date. */
import type { Clock } from "../../adapters/contract.ts";
import type { Db } from "../ledger/db.ts";
import { dropHolds, type Hold, type HoldView, listHolds, reportHold } from "../ledger/holds.ts";
import type { Log } from "../log.ts";
import { compare, type Comparison } from "./compare.ts";
import { writePublished } from "./file.ts";
import { keyUnder, type Signing, signingNow } from "./keys.ts";
import { publishedText, type Signer } from "./statement.ts";

export interface WatchOptions {
  readonly db: Db;
  readonly signer: Signer;
  /** The published checkpoint. */
  readonly file: string;
  /** Whose file that is, for people and for the other replicas: `<host>:<path>`. */
  readonly place: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Rotations may begin again. */
  readonly onFree: () => void;
}

/** A look that is older says nothing: the ledger may have been exchanged since. */
const FRESH_MS = 10_000;
const NOT_COMPARED = "The ledger could not be compared with its published checkpoint lately.";

export class Watch {
  readonly #options: WatchOptions;
  #hold: Hold | undefined;
  #lookedAt: number | undefined;
  #unpublished: string | undefined;
  #signing: Signing | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Who may sign the next checkpoint here, by the last look. */
  get signing(): Signing | undefined {
    return this.#signing;
  }

  /** Why nothing may be started now. */
  isHeld(): string | undefined {
    if (this.#hold !== undefined) return `${this.#hold.reason}: ${this.#hold.message}`;
    const fresh = this.#lookedAt !== undefined && this.#options.clock.monotonicMs() - this.#lookedAt < FRESH_MS;
    return fresh ? undefined : NOT_COMPARED;
  }

  /** Compares, says what is new, and publishes the ledger's last checkpoint where nothing is wrong. Throws what the ledger throws. */
  async look(): Promise<void> {
    try {
      const { db, file, signer } = this.#options;
      const compared = await compare(db, file, signer);
      const hold = await this.#agree(compared, await listHolds(db));
      this.#signing = signingNow(compared.ledger.keys, signer);
      this.#lookedAt = this.#options.clock.monotonicMs();
      this.#tell(hold, compared);
      if (hold === undefined) await this.#publish(compared);
    } catch (error) {
      this.#lookedAt = undefined;
      throw error;
    }
  }

  /**
   * Own findings are written down, for the other replicas and for people. A rollback stays until a person accepts it: it does not go away
   * because the file did.
   */
  async #agree({ hold, found }: Comparison, holds: readonly HoldView[]): Promise<Hold | undefined> {
    const { db, place } = this.#options;
    if (hold !== undefined) {
      await reportHold(db, place, hold);
      return hold;
    }
    const own = holds.find((each) => each.place === place);
    if (own === undefined || (own.reason === "LedgerRollback" && found.kind === "absent")) return holds[0];
    await dropHolds(db, [place]);
    return holds.find((each) => each !== own);
  }

  #tell(hold: Hold | undefined, { ledger }: Comparison): void {
    const before = this.#hold;
    this.#hold = hold;
    const { log, onFree } = this.#options;
    if (hold !== undefined && (hold.reason !== before?.reason || hold.message !== before.message)) {
      const { statement } = ledger.last ?? {};
      const facts = { reason: hold.reason, published: hold.published, ledger: statement ?? "none" };
      log.warn(facts, `nothing is started until a person has looked: ${hold.message}`);
    }
    if (hold === undefined && before !== undefined) {
      log.info({}, "the ledger and its published checkpoint agree again; rotations go on");
      onFree();
    }
  }

  /** What cannot be published keeps nothing from going on: it only shows less after a restore. */
  async #publish({ found, ledger: { last, keys } }: Comparison): Promise<void> {
    if (last === undefined || (found.kind === "text" && found.hash === last.hash)) return;
    const { file, log } = this.#options;
    const { size, at } = last.statement;
    try {
      if (!(await writePublished(file, publishedText(last, keyUnder(last, keys)), found))) return;
      this.#unpublished = undefined;
      log.debug({ file, size, at }, "a checkpoint was published");
    } catch (err) {
      const code = String((err as NodeJS.ErrnoException).code);
      if (code !== this.#unpublished) log.warn({ file, code }, "a checkpoint cannot be published");
      this.#unpublished = code;
    }
  }
}
