/**
 * Many looks at what did not drift, by two replicas of which one is killed again and again, between rotations of Velvet's own: every alarm is
 * a false one. At the end something does drift, so that silence means something.
 */
import { Engine } from "../../../controller/engine/engine.ts";
import { tendDrift } from "../../../controller/drift/tend.ts";
import type { DriftDeps } from "../../../controller/drift/pass.ts";
import type { Deps } from "../../../controller/engine/deps.ts";
import type { Db } from "../../../controller/ledger/db.ts";
import { type Lots, lotsOf } from "../../prove/sim/random.ts";
import { number, rotate, run } from "./ledger.ts";
import { CALM, GRADES, LEASE_MS, SteadyWorld } from "./world.ts";

export interface Steady {
  /** That came to their end. */
  readonly looks: number;
  readonly places: number;
  readonly rotations: number;
  readonly killed: number;
  readonly putOff: number;
  /** What was told to people, and was not so. */
  readonly alarms: readonly string[];
  readonly corrections: number;
  /** Of what did drift at the end, and could be seen. */
  readonly seen: { readonly found: number; readonly of: number };
}

export interface SteadyOptions {
  readonly seed: string;
  readonly credentials: number;
  readonly looks: number;
  readonly tell?: (looks: number) => void;
}

const ROUNDS_A_KILL = 7;
const ROUNDS_A_ROTATION = 5;
const ROTATED_AT_ONCE = 10;
/** It asks for decisions, claims, asks about what it saw, and records: wherever it is then, its looks are under way. */
const MOST_STATEMENTS = 4;

export async function steady(db: Db, options: SteadyOptions): Promise<Steady> {
  const lots = lotsOf(options.seed);
  const world = new SteadyWorld(db, lots, options.credentials);
  await world.sync();
  const deps = world.deps("engine", false);
  const admission = { environment: "test", rotationOn: true, registry: deps.accounts.registry };
  const engine = new Engine(deps, { concurrency: 32, pollMs: 50, admission });
  try {
    await rotate(db, world, world.names);
    const run = new Run(db, world, lots);
    for (let round = 1; run.looks < options.looks; round += 1) {
      await run.round(round);
      options.tell?.(run.looks);
    }
    return await run.end();
  } finally {
    await engine.stop();
  }
}

class Run {
  looks = 0;
  readonly #db: Db;
  readonly #world: SteadyWorld;
  readonly #lots: Lots;
  #replicas: readonly [Replica, Replica];
  #rotations: number;
  #killed = 0;
  #putOff = 0;
  #rotating: Promise<void> | undefined;

  constructor(db: Db, world: SteadyWorld, lots: Lots) {
    [this.#db, this.#world, this.#lots] = [db, world, lots];
    this.#rotations = world.names.length;
    this.#replicas = [replica(db, world, "a"), replica(db, world, "b")];
  }

  async round(round: number): Promise<void> {
    const [db, world, lots] = [this.#db, this.#world, this.#lots];
    if (round % ROUNDS_A_ROTATION === 0) this.#rotating ??= this.#rotateSome();
    if (lots.next() < 0.3) world.regrade(lots.pick(world.names), "value", lots.pick(["value", "version"] as const));
    await due(db);
    const [a, b] = this.#replicas;
    if (round % ROUNDS_A_KILL === 0) b.killAfter(1 + lots.below(MOST_STATEMENTS));
    const isKilled = b.isDoomed();
    // Who is to die goes first: it has something under way then.
    const both = [tendDrift(b.deps), tendDrift(a.deps)];
    await (isKilled ? Promise.race([Promise.all([both[1], b.death]), Promise.all(both)]) : Promise.all(both));
    this.looks += a.counted() + b.counted();
    if (b.isDead()) {
      this.#killed += 1;
      this.#replicas = [a, replica(db, world, "b")];
    }
    this.#putOff += await putOff(db);
    world.vendor.history.length = 0;
  }

  async end(): Promise<Steady> {
    await this.#rotating;
    const alarms = await told(this.#db);
    const corrections = await number(this.#db, "select count(*)::int as n from velvet.correction");
    const seen = await control(this.#db, this.#world, this.#replicas[0]);
    const [looks, rotations, killed, putOff_] = [this.looks, this.#rotations, this.#killed, this.#putOff];
    return {
      looks,
      rotations,
      killed,
      putOff: putOff_,
      places: (GRADES.length + 1) * looks,
      alarms,
      corrections,
      seen,
    };
  }

  async #rotateSome(): Promise<void> {
    const { names } = this.#world;
    const from = this.#lots.below(names.length);
    const most = Math.max(1, Math.min(ROTATED_AT_ONCE, Math.floor(names.length / 2)));
    this.#rotations += await rotate(this.#db, this.#world, names.slice(from, from + most));
    this.#rotating = undefined;
  }
}

interface Replica {
  readonly deps: DriftDeps;
  /** After so many more statements nothing of it reaches the ledger any more, nor comes back from it: in the middle of its looks. */
  killAfter(statements: number): void;
  /** It dies in this round, or where it does too little for that, in one of the next. */
  isDoomed(): boolean;
  isDead(): boolean;
  readonly death: Promise<void>;
  /** Looks that it recorded since it was asked last. */
  counted(): number;
}

function replica(db: Db, world: SteadyWorld, name: string): Replica {
  let [left, recorded] = [Infinity, 0];
  const { promise: death, resolve: die } = Promise.withResolvers<void>();
  const never = async (): Promise<never> => new Promise<never>(() => undefined);
  // The server ends a transaction whose connection broke.
  const broken = async (): Promise<never> => Promise.reject(new Error("it died before the commit"));
  const counting = (inner: Db, dead: () => Promise<never>): Db => ({
    query: async (statement, values) => {
      if (left <= 0) return dead();
      left -= 1;
      if (left <= 0) die();
      const rows = await inner.query<never>(statement, values);
      if (statement.name === "record_checks") recorded += rows.length;
      return left <= 0 ? dead() : rows;
    },
    transaction: async (work) => {
      if (left <= 0) return never();
      return inner.transaction(async (tx) => work(counting(tx, broken)));
    },
  });
  const base: Deps = { ...world.deps(name, true), db: counting(db, never) };
  const deps = { ...base, mayCorrect: () => true, stopping: new AbortController().signal };
  const counted = (): number => {
    const found = recorded;
    recorded = 0;
    return found;
  };
  return {
    deps,
    death,
    killAfter: (statements) => (left = statements),
    isDoomed: () => left < Infinity,
    isDead: () => left <= 0,
    counted,
  };
}

async function due(db: Db): Promise<void> {
  // A claim of one that was killed runs out; here it does so at once where it is older than its time.
  await run(
    db,
    `update velvet.drift_check set next_check_at = clock_timestamp() - interval '1 second'
     where lease_until < clock_timestamp() + interval '${LEASE_MS} milliseconds'`,
  );
}

/** One consumer of each grade is written, or emptied, by another hand. */
async function control(db: Db, world: SteadyWorld, { deps }: Replica): Promise<Steady["seen"]> {
  world.weather = CALM;
  const before = (await told(db)).length;
  const [name = ""] = world.names;
  for (const grade of GRADES) world.regrade(name, grade, grade);
  // So long after Velvet's own writes that no clock can mistake one for the other.
  await run(db, "update velvet.held set until = until - interval '1 hour'");
  for (const grade of ["value", "version"]) world.vendor.overwrite(`${name}/${grade}`, "another");
  for (const grade of ["presence", "none"]) world.vendor.overwrite(`${name}/${grade}`, undefined);
  // Nobody who was killed holds it any more.
  await run(db, "update velvet.drift_check set lease_until = '-infinity'");
  await due(db);
  await tendDrift({ ...deps, mayCorrect: () => false });
  return { found: (await told(db)).length - before, of: 3 };
}

async function told(db: Db): Promise<string[]> {
  const rows = await db.query<{ said: string }>({
    name: "",
    text: `select e ->> 'name' || ' ' || coalesce(e ->> 'place', '') || ' ' || coalesce(e ->> 'kind', '') as said
      from (select seq, convert_from(canonical, 'utf8')::jsonb as e from velvet.audit where chain = 'install') entries
      where e ->> 'event' = 'DriftFound' order by seq`,
  });
  return rows.map(({ said }) => said);
}

async function putOff(db: Db): Promise<number> {
  return number(db, "select count(*)::int as n from velvet.drift_check where postponed is not null");
}
