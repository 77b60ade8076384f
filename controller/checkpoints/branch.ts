/**
 * One replica's eye on the branch that checkpoints are published to. What was published there and this ledger lacks holds everybody, as with
 * the file. A branch that cannot be reached holds nobody: it is said once, and made up for at a later look.
 */
import type { Db } from "../ledger/db.ts";
import { dropHolds, type Hold, listHolds, reportHold } from "../ledger/holds.ts";
import type { Log } from "../log.ts";
import { compareFound, type Comparison } from "./compare.ts";
import { foundIn, type Found } from "./file.ts";
import { keyUnder } from "./keys.ts";
import { publishedText, type Signer } from "./statement.ts";

/** A text that is only ever appended to, somewhere else. */
export interface Publication {
  /** For people: where it is. */
  readonly name: string;
  /** Undefined: nothing was published there. Rejects where it cannot be reached. */
  read(signal: AbortSignal): Promise<{ readonly text?: string; readonly rewritten: boolean }>;
  /** False: somebody else was faster. Rejects where it cannot be reached, or refuses. */
  append(text: string, message: string, signal: AbortSignal): Promise<boolean>;
}

export interface BranchOptions {
  readonly db: Db;
  readonly signer: Signer;
  readonly publication: Publication;
  readonly log: Log;
}

export class BranchWatch {
  readonly #options: BranchOptions;
  #failure: string | undefined;
  #hold: Hold | undefined;

  constructor(options: BranchOptions) {
    this.#options = options;
  }

  get isHeld(): boolean {
    return this.#hold !== undefined;
  }

  /** Compares, and appends the ledger's last checkpoint where nothing is wrong. Throws what the ledger throws, never what git does. */
  async look(signal: AbortSignal): Promise<void> {
    const { db, publication, signer } = this.#options;
    const found = await this.#reach(signal, async () => this.#read(signal));
    if (found === undefined) return;
    const compared = await compareFound(db, found, publication.name, signer);
    await this.#agree(compared);
    if ((await listHolds(db)).length === 0) await this.#reach(signal, async () => this.#append(compared, signal));
  }

  async #read(signal: AbortSignal): Promise<Found> {
    const { publication, log } = this.#options;
    const { text, rewritten } = await publication.read(signal);
    if (rewritten)
      log.warn({ branch: publication.name }, "the history of the branch with the checkpoints was rewritten");
    return text === undefined ? { kind: "absent" } : foundIn(text);
  }

  /** As with the file: a rollback stays until a person accepts it, and does not go away because the branch did. */
  async #agree({ hold, found }: Comparison): Promise<void> {
    const { db, publication, log } = this.#options;
    const place = `git:${publication.name}`;
    if (hold !== undefined) {
      await reportHold(db, place, hold);
      if (hold.message !== this.#hold?.message) log.warn({ reason: hold.reason }, hold.message);
    } else {
      const own = (await listHolds(db)).find((each) => each.place === place);
      if (own !== undefined && !(own.reason === "LedgerRollback" && found.kind === "absent"))
        await dropHolds(db, [place]);
    }
    this.#hold = hold;
  }

  async #append({ found, ledger: { last, keys } }: Comparison, signal: AbortSignal): Promise<void> {
    if (last === undefined || (found.kind === "text" && found.hash === last.hash)) return;
    const { publication, log } = this.#options;
    const { origin, size, at } = last.statement;
    const message = `Checkpoint of ${origin} over ${size} audit rows at ${at}`;
    const appended = await publication.append(publishedText(last, keyUnder(last, keys)), message, signal);
    if (appended) log.debug({ branch: publication.name, size, at }, "a checkpoint was published");
  }

  /** Says once that it does not work, and once that it works again. */
  async #reach<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
    const { publication, log } = this.#options;
    try {
      const result = await work();
      if (this.#failure !== undefined)
        log.info({ branch: publication.name }, "checkpoints can be published to git again");
      this.#failure = undefined;
      return result;
    } catch (error) {
      if (isStopped(signal)) return undefined;
      const message = error instanceof Error ? error.message : "";
      const facts = { branch: publication.name, error: message };
      if (message !== this.#failure) log.warn(facts, "checkpoints cannot be published to git; rotations go on");
      this.#failure = message;
      return undefined;
    }
  }
}

/** Told to stop, and not because it took too long: then nothing is wrong with the branch. */
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted && (signal.reason as Error | undefined)?.name !== "TimeoutError";
}
