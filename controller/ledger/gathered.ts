/** Many who ask the same question at about the same time ask it in one statement: what comes while one is under way goes with the next. */
export class Gathered<Asked, Answer> {
  readonly #most: number;
  readonly #ask: (all: readonly Asked[]) => Promise<readonly Answer[]>;
  #waiting: {
    readonly asked: Asked;
    readonly resolve: (answer: Answer) => void;
    readonly reject: (why: unknown) => void;
  }[] = [];
  #isUnderWay = false;

  /** `ask` answers in the order in which it was asked, at most `most` at a time. What it throws, each of them gets. */
  constructor(most: number, ask: (all: readonly Asked[]) => Promise<readonly Answer[]>) {
    this.#most = most;
    this.#ask = ask;
  }

  async ask(asked: Asked): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.push({ asked, resolve, reject });
    if (!this.#isUnderWay) {
      this.#isUnderWay = true;
      // Whoever asks in the same breath goes along.
      queueMicrotask(() => void this.#drain());
    }
    return promise;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const turn = this.#waiting.splice(0, this.#most);
      try {
        const answers = await this.#ask(turn.map(({ asked }) => asked));
        if (answers.length !== turn.length) throw new Error(`${turn.length} asked, ${answers.length} were answered`);
        answers.forEach((answer, at) => turn[at]?.resolve(answer));
      } catch (error) {
        for (const { reject } of turn) reject(error);
      }
    }
    this.#isUnderWay = false;
  }
}
