/** How far each run is, kept between runs: so that a proof of hours can be broken off and carried on. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { FlowTally } from "../flows.ts";
import type { Found } from "./messages.ts";

/** A run is the same one when all of these are. */
export interface RunKey {
  readonly layer: string;
  readonly seed: number;
  readonly commit: string;
  readonly only?: string;
  /** Absent: PostgreSQL. */
  readonly double?: boolean;
}

export interface Kept extends RunKey {
  /** By shard. */
  readonly done: readonly number[];
  readonly schedules: number;
  readonly seconds: number;
  readonly labels: readonly string[];
  readonly flows: FlowTally;
  readonly found: readonly Found[];
  readonly complete: boolean;
  /** RFC 3339. */
  readonly at: string;
}

/** One small file; the newest runs first. */
export class Keep {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The newest run of this layer and commit; with the same seed, where one is named. */
  find(key: Omit<RunKey, "seed">, seed: number | undefined): Kept | undefined {
    return this.#all().find((kept) => sameBut(kept, key) && (seed === undefined || kept.seed === seed));
  }

  /** Replaces what was kept of the same run. Whole or not at all. */
  save(kept: Kept): void {
    const others = this.#all().filter((each) => !sameBut(each, kept) || each.seed !== kept.seed);
    mkdirSync(dirname(this.#path), { recursive: true });
    const own = `${this.#path}.${process.pid}`;
    writeFileSync(own, JSON.stringify([kept, ...others].slice(0, MOST_KEPT)));
    renameSync(own, this.#path);
  }

  #all(): Kept[] {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8")) as Kept[];
    } catch {
      // Not there yet, or of a run that was cut off while writing by hand: begin anew.
      return [];
    }
  }
}

const MOST_KEPT = 50;

function sameBut(a: Omit<RunKey, "seed">, b: Omit<RunKey, "seed">): boolean {
  return a.layer === b.layer && a.commit === b.commit && a.only === b.only && a.double === b.double;
}
