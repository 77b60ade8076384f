/** All that a telling leaves behind, so that the same telling on another ledger can be compared with it. */
import { listRotations } from "../../../../controller/ledger/views.ts";
import { simStatement } from "../database.ts";
import type { SimRunner } from "../runner.ts";

const ROWS = simStatement("rows");

export interface Whole {
  /** What was judged. */
  readonly violations: readonly string[];
  readonly passed: readonly string[];
  readonly missed: readonly string[];
  readonly labels: readonly string[];
  /** Deeds at the vendor, what happened besides, and what the ledger's chains say of it, with the time of each. */
  readonly history: readonly string[];
  /** Every row, with every column. */
  readonly rows: Readonly<Record<string, unknown>>;
  readonly views: readonly unknown[];
}

/** Tells schedules and keeps what is left of each. To be compared they must be told in the same order: ids are counted. */
export class Witness {
  readonly #runner: SimRunner;
  #tellings = 0;

  constructor(runner: SimRunner) {
    this.#runner = runner;
  }

  async tell(text: string): Promise<Whole> {
    this.#tellings += 1;
    const namespace = `t${this.#tellings.toString(16).padStart(8, "0")}`;
    const result = await this.#runner.run(text);
    const { db } = this.#runner.ledger;
    const [found] = await db.query<{ rows: Record<string, unknown> }>(ROWS, [namespace]);
    // Of two that began at one moment any may come first.
    const views = (await listRotations(db, { namespace, all: true })).toSorted((a, b) =>
      a.rotation.name < b.rotation.name ? -1 : 1,
    );
    return {
      violations: result.violations.map(({ invariant, message }) => `${invariant}: ${message}`),
      passed: inGroups(result.passed),
      missed: result.missed,
      labels: [...result.labels],
      history: result.history().split("\n"),
      ...withoutChance({ rows: found?.rows ?? {}, views }),
    };
  }
}

/**
 * Which moments lie in one state is told by the count of statements, which goes on from telling to telling. A look between rotations goes on
 * beside the engine, which may ask the ledger something a moment sooner or later: its moments are told without.
 */
function inGroups(passed: Awaited<ReturnType<SimRunner["run"]>>["passed"]): string[] {
  const groups = new Map<string, number>();
  return passed.map(({ replica, moment, state }) => {
    if (moment.startsWith("drift.")) return `${replica} ${moment}`;
    const group = groups.get(state) ?? groups.size;
    groups.set(state, group);
    return `${replica} ${moment} ${group}`;
  });
}

/** Of rows that no statement puts in order, any order is right. */
const WITHOUT_ORDER: Readonly<Record<string, string>> = { effects: "id", tombstones: "attempt" };
/** People seal with a key that is drawn by chance: the value, and every hash over it, is another one each time. */
const OF_SEALED = new Set(["sealedValue", "specHash", "spec_hash", "askedHash", "hash", "chain_hash"]);

function withoutChance(left: Pick<Whole, "rows" | "views">): Pick<Whole, "rows" | "views"> {
  const isSealed = JSON.stringify(left.rows).includes('"sealedValue"');
  const tidy = (name: string, value: unknown): unknown => {
    if (isSealed && OF_SEALED.has(name)) return undefined;
    const key = WITHOUT_ORDER[name];
    if (key !== undefined && Array.isArray(value)) return ordered(value as Readonly<Record<string, string>>[], key);
    // Then what an audit row says is compared, as its bytes cannot be.
    return isSealed && name === "canonical" ? JSON.parse(Buffer.from(String(value), "hex").toString()) : value;
  };
  return JSON.parse(JSON.stringify(left, tidy)) as Pick<Whole, "rows" | "views">;
}

function ordered(rows: readonly Readonly<Record<string, string>>[], key: string): unknown[] {
  return rows.toSorted((a, b) => ((a[key] ?? "") < (b[key] ?? "") ? -1 : 1));
}
