import { EventEmitter } from "node:events";
import type { Change } from "./change.ts";

/** A consumer that keeps what it is told, and objects to what cannot be: the same change twice, a deletion of what it does not have. */
export class Consumer {
  readonly view = new Map<string, { readonly uid: string; readonly resourceVersion: string }>();
  readonly batches: { readonly keys: readonly string[]; readonly whole: boolean }[] = [];
  readonly wrong: string[] = [];
  /** Uids that it was told of, and no longer has. */
  readonly deleted: string[] = [];
  readonly #changed = new EventEmitter();
  /** Runs before each batch; a rejection fails it. */
  before: (changes: readonly Change[]) => Promise<void> = () => Promise.resolve();
  running = 0;

  readonly apply = async (changes: readonly Change[], whole: boolean): Promise<void> => {
    this.running += 1;
    try {
      if (this.running > 1) this.wrong.push("two batches at once");
      await this.before(changes);
      for (const change of changes) this.#take(change);
      this.batches.push({ keys: changes.map(({ key, object }) => (object ? key : `-${key}`)), whole });
    } finally {
      this.running -= 1;
      this.#changed.emit("changed");
    }
  };

  #take({ key, object, uid }: Change): void {
    const had = this.view.get(key);
    if (!object) {
      if (had?.uid !== uid) this.wrong.push(`${key}: deletion of another one`);
      this.view.delete(key);
      this.deleted.push(uid);
      return;
    }
    const { resourceVersion } = object.metadata;
    if (object.metadata.uid !== uid) this.wrong.push(`${key}: two uids in one change`);
    if (had && had.uid !== uid) this.wrong.push(`${key}: no deletion before another one came`);
    if (had?.resourceVersion === resourceVersion) this.wrong.push(`${key}: the same again`);
    this.view.set(key, { uid, resourceVersion });
  }

  /** Resolves when it holds; looked at after every batch. Rejects after a while, with what there is instead. */
  async until(holds: () => boolean, withinMs = 10_000): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#changed.off("changed", look);
        clearTimeout(timer);
        settle();
      };
      const look = (): void => {
        if (holds()) end(resolve);
      };
      const late = (): void =>
        reject(new Error(`it did not come to hold: ${JSON.stringify([...this.view.keys()].slice(0, 50))}`));
      const timer = setTimeout(() => end(late), withinMs);
      this.#changed.on("changed", look);
      look();
    });
  }
}
