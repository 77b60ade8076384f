/** All looks of one replica that are under way: so many at once, each ended by itself, so that a slow one holds up no other. */
import { answerAboutDrift } from "../domain/drift/decide.ts";
import { within } from "../engine/deps.ts";
import { type CheckClaim, claimChecks } from "../ledger/drift.ts";
import { answerDrift, driftDecisions } from "../ledger/drift-decisions.ts";
import { DriftQuestions } from "../ledger/drift-questions.ts";
import { checkCredential } from "./check.ts";
import type { DriftDeps } from "./pass.ts";

/** What they ask the ledger they ask together: it is few connections, however many they are. Other replicas look as well. */
const AT_ONCE = 24;
/** So many are claimed when there is room for them: not all end, and wait for the ledger, at the same moment. */
const CLAIMED_AT_ONCE = AT_ONCE / 3;
const MOST_DECISIONS = 16;

export class Lookout {
  readonly #deps: DriftDeps;
  readonly #questions: DriftQuestions;
  readonly #underWay = new Set<Promise<void>>();
  #onEnd: () => void = () => undefined;

  constructor(deps: DriftDeps) {
    this.#deps = deps;
    this.#questions = new DriftQuestions(deps.db);
  }

  /**
   * Answers what people decided about drift, waits until there is room, and begins to look at what is due. Returns how much there was.
   * Throws the database's errors.
   */
  async turn(): Promise<number> {
    const decisions = await this.#decide();
    await this.#until(() => this.#underWay.size <= AT_ONCE - CLAIMED_AT_ONCE);
    if (this.#deps.stopping.aborted) return decisions;
    const due = await claimChecks(this.#deps.db, CLAIMED_AT_ONCE, this.#deps.leaseMs);
    for (const claim of due) this.#begin(claim);
    return decisions + due.length;
  }

  /** Waits for all looks that are under way. */
  async idle(): Promise<void> {
    await this.#until(() => this.#underWay.size === 0);
  }

  async #decide(): Promise<number> {
    const { db, clock, random, mayCorrect } = this.#deps;
    const decisions = await driftDecisions(db, MOST_DECISIONS, mayCorrect());
    for (const decision of decisions) {
      await answerDrift(db, decision, answerAboutDrift(decision), { at: clock.now().toISOString(), random });
    }
    return decisions.length;
  }

  /** One that breaks off is taken over when its lease is over, and hides no other. */
  #begin(claim: CheckClaim): void {
    const credential = `${claim.namespace}/${claim.name}`;
    const look = within(this.#deps, { credential }, async () => checkCredential(this.#deps, this.#questions, claim))
      .catch((error: unknown) => this.#broke(claim, error))
      .finally(() => {
        this.#underWay.delete(look);
        this.#onEnd();
      });
    this.#underWay.add(look);
  }

  #broke({ namespace, name }: CheckClaim, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#deps.log.error(
      { credential: `${namespace}/${name}`, error: message },
      "a look broke off, and is made again later",
    );
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onEnd = resolve;
      await promise;
    }
  }
}
