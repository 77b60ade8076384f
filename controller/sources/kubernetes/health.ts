/**
 * What keeps this replica from seeing or showing what it should, by part: each watch, the writing of statuses, the definitions. The source's
 * row says the gravest of it, and that all is well again when it is.
 */
import type { Db } from "../../ledger/db.ts";
import { SourceFailure } from "../failure.ts";
import { failSource, touchSource } from "../state.ts";

export interface Health {
  well(part: string): Promise<void>;
  /** Anything but a `SourceFailure` is no word about the API server. Never rejects. */
  ill(part: string, trouble: unknown): Promise<void>;
  /** Everything was seen once: from now on the row may say that all is well. */
  complete(): Promise<void>;
  /** Somebody else wrote the row, who began before what was told last: it is told again. Never rejects. */
  overwritten(): Promise<void>;
  isWell(): boolean;
  /** This replica does not watch any more: another one tells. */
  rest(): void;
  /** What a person has to mend before this replica sees and shows what it should. Undefined while it only waits. */
  hindrance(): string | undefined;
}

export interface HealthOptions {
  readonly db: Db;
  readonly source: string;
  /** The ledger could not be told. */
  readonly onFailure: (error: unknown) => void;
  /** Each time that a part is in trouble: what is told of it may be lost the first time. */
  readonly onIll: (part: string, failure: SourceFailure) => void;
}

/** The gravest first. An API server that is away comes back by itself, and one of an older version does most of it. */
const GRAVITY = ["CrdsNotInstalled", "KubernetesForbidden", "KubernetesUnavailable"];
const FOR_A_PERSON: ReadonlySet<string> = new Set(["CrdsNotInstalled", "KubernetesForbidden"]);

export function openHealth(options: HealthOptions): Health {
  return new PartByPart(options);
}

class PartByPart implements Health {
  readonly #options: HealthOptions;
  readonly #ills = new Map<string, SourceFailure>();
  #isComplete = false;
  /** What the row was told last. */
  #told: string | undefined;
  /** One after the other, so that the row says what was told last. */
  #telling: Promise<void> = Promise.resolve();

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  isWell(): boolean {
    return this.#ills.size === 0;
  }

  hindrance(): string | undefined {
    const failure = this.#gravest();
    return failure && FOR_A_PERSON.has(failure.reason) ? `${failure.reason}: ${failure.message}` : undefined;
  }

  async well(part: string): Promise<void> {
    if (this.#ills.delete(part)) await this.#tell();
  }

  async ill(part: string, trouble: unknown): Promise<void> {
    if (!(trouble instanceof SourceFailure)) return;
    this.#ills.set(part, trouble);
    this.#options.onIll(part, trouble);
    await this.#tell().catch(this.#options.onFailure);
  }

  rest(): void {
    this.#ills.clear();
    this.#isComplete = false;
    this.#told = undefined;
  }

  async complete(): Promise<void> {
    this.#isComplete = true;
    await this.#tell();
  }

  async overwritten(): Promise<void> {
    if (this.isWell()) return;
    this.#told = undefined;
    await this.#tell().catch(this.#options.onFailure);
  }

  #gravest(): SourceFailure | undefined {
    const order = (a: SourceFailure, b: SourceFailure): number =>
      gravity(a) - gravity(b) || (a.message < b.message ? -1 : 1);
    return [...this.#ills.values()].toSorted(order)[0];
  }

  async #tell(): Promise<void> {
    this.#telling = this.#telling.catch(() => undefined).then(async () => this.#write());
    return this.#telling;
  }

  async #write(): Promise<void> {
    const { db, source } = this.#options;
    const failure = this.#gravest();
    const text = failure && `${failure.reason} ${failure.message}`;
    if (text === this.#told) return;
    if (failure !== undefined) await failSource(db, { name: source, kind: "kubernetes" }, failure);
    else if (this.#isComplete) await touchSource(db, source);
    this.#told = text;
  }
}

function gravity({ reason }: SourceFailure): number {
  const at = GRAVITY.indexOf(reason);
  return at < 0 ? GRAVITY.length : at;
}
