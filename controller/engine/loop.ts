/** Something that is done again and again: at once while there is more, when woken, or after a quiet while. */
export class Loop {
  readonly #once: () => Promise<boolean>;
  readonly #quietMs: number;
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  #alarm: (() => void) | undefined;
  #woken = false;

  /** `once` returns true when there may be more to do at once. It must not throw. */
  constructor(quietMs: number, once: () => Promise<boolean>) {
    this.#quietMs = quietMs;
    this.#once = once;
    this.#done = this.#run();
  }

  wake(): void {
    this.#woken = true;
    this.#alarm?.();
  }

  /** Waits for what is being done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#alarm?.();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#woken = false;
      const more = await this.#once();
      if (!more && !this.#woken && !this.#stopping.signal.aborted) await this.#quiet();
    }
  }

  async #quiet(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#quietMs);
      this.#alarm = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#alarm = undefined;
  }
}
