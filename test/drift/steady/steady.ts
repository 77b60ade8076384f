/**
 * Many looks at what did not drift, by two replicas of which one is killed again and again, between rotations of Velvet's own: every alarm is
 * a false one. At the end something does drift, so that silence means something.
 */
import { Engine } from "../../../controller/engine/engine.ts";
import { tendDrift } from "../../../controller/drift/tend.ts";
import type { DriftDeps } from "../../../controller/drift/pass.ts";
import type { Deps } from "../../../controller/engine/deps.ts";
import type { Db } from "../../../controller/ledger/db.ts";
import { lotsOf } from "../../prove/sim/random.ts";
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

export async function steady(db: Db, { seed, credentials, looks, tell }: SteadyOptions): Promise<Steady> {
  const lots = lotsOf(seed);
  const world = new SteadyWorld(db, lots, credentials);
  const count = { looks: 0, rotations: 0, killed: 0, putOff: 0 };
  await world.sync();
  const admission = { environment: "test", rotationOn: true, registry: world.deps("engine", false).accounts.registry };
  const engine = new Engine(world.deps("engine", false), { concurrency: 32, pollMs: 50, admission });
  try {
    count.rotations += await rotate(db, world, world.names);
    const a = replica(db, world, "a");
    let b = replica(db, world, "b");
    let rotating: Promise<void> | undefined;
    for (let round = 1; count.looks < looks; round += 1) {
      if (round % ROUNDS_A_ROTATION === 0 && !rotating) {
        rotating = rotate(db, world, some(world, lots.below)).then((ended) => {
          [rotating, count.rotations] = [undefined, count.rotations + ended];
        });
      }
      if (lots.next() < 0.3) world.regrade(lots.pick(world.names), "value", lots.pick(["value", "version"] as const));
      await due(db);
      const isKilled = round % ROUNDS_A_KILL === 0;
      const both = [tendDrift(a.deps), tendDrift(b.deps)];
      if (isKilled) b.kill();
      await (isKilled ? both[0] : Promise.all(both));
      count.looks += a.counted() + b.counted();
      if (isKilled) [b, count.killed] = [replica(db, world, "b"), count.killed + 1];
      count.putOff += await putOff(db);
      world.vendor.history.length = 0;
      tell?.(count.looks);
    }
    await rotating;
    const alarms = await told(db);
    const corrections = await number(db, "select count(*)::int as n from velvet.correction");
    const seen = await control(db, world, a);
    return { ...count, places: (GRADES.length + 1) * count.looks, alarms, corrections, seen };
  } finally {
    await engine.stop();
  }
}

interface Replica {
  readonly deps: DriftDeps;
  /** From now on nothing of it reaches the ledger or comes back from it. */
  kill(): void;
  /** Looks that it recorded since it was asked last. */
  counted(): number;
}

function replica(db: Db, world: SteadyWorld, name: string): Replica {
  let [isDead, recorded] = [false, 0];
  const counting = (inner: Db): Db => ({
    query: async (statement, values) => {
      if (isDead) return new Promise<never>(() => undefined);
      const rows = await inner.query<never>(statement, values);
      if (statement.name === "record_checks") recorded += rows.length;
      return rows;
    },
    transaction: async (work) => {
      if (isDead) return new Promise<never>(() => undefined);
      return inner.transaction(async (tx) => work(counting(tx)));
    },
  });
  const base: Deps = { ...world.deps(name, true), db: counting(db) };
  const deps = { ...base, mayCorrect: () => true, stopping: new AbortController().signal };
  const counted = (): number => {
    const found = recorded;
    recorded = 0;
    return found;
  };
  return { deps, kill: () => (isDead = true), counted };
}

function some({ names }: SteadyWorld, below: (count: number) => number): string[] {
  const from = below(names.length);
  return names.slice(from, from + Math.max(1, Math.min(ROTATED_AT_ONCE, Math.floor(names.length / 2))));
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
