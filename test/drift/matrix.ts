/** Each kind of drift at each grade, all at once: after how long it is told by a loop that looks every two seconds, what is told, and what becomes of it. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { startDrift } from "../../controller/drift/run.ts";
import { Engine } from "../../controller/engine/engine.ts";
import type { Db } from "../../controller/ledger/db.ts";
import { type DriftView, listDrift } from "../../controller/ledger/drift-views.ts";
import { lotsOf } from "../prove/sim/random.ts";
import { number, rotate, run } from "./steady/ledger.ts";
import { CALM, GRADES, NAMESPACE, SteadyWorld } from "./steady/world.ts";
import { HAPPENINGS, type Happening, happen, isAtVendor } from "./matrix-happenings.ts";

export const INTERVAL_MS = 2_000;
/** What a list may lag behind with is told when it is seen again half a minute later. */
const LONGEST_MS = 60_000;
/** Whatever is to be put right is looked at so often. */
const LOOKS_TO_MEND = 4;

export interface Cell {
  readonly happened: Happening;
  readonly grade: (typeof GRADES)[number];
  /** Null: it cannot be seen at this grade. */
  readonly said: string | null;
  readonly afterSeconds: number | null;
  readonly corrected: "yes" | "no" | null;
}

interface Told {
  readonly kind: string;
  readonly atMs: number;
}

export interface MatrixOptions {
  readonly happenings?: readonly Happening[];
  /** In place of each Credential's own. */
  readonly intervalMs?: number;
}

export async function driftMatrix(
  db: Db,
  { happenings = HAPPENINGS, intervalMs = INTERVAL_MS }: MatrixOptions = {},
): Promise<readonly Cell[]> {
  const world = new SteadyWorld(db, lotsOf(randomUUID()), happenings.length);
  [world.weather, world.mode] = [CALM, "Warn"];
  await world.sync();
  await rotated(db, world);
  const drift = startDrift({ ...world.deps("matrix", true), db: often(db, intervalMs), mayCorrect: () => true }, 50);
  try {
    await until(db, "select count(*)::int as n from velvet.drift_check where state <> 'clean'");
    const began = performance.now();
    const names = new Map(happenings.map((each, at) => [each, world.names[at] ?? ""]));
    for (const [happened, name] of names) await happen({ db, world, name }, happened);
    const told = await listen(db, world, names, began);
    world.mode = "Correct";
    await world.sync();
    await delay(LOOKS_TO_MEND * intervalMs);
    const after = await views(db);
    return happenings.flatMap((happened) =>
      GRADES.map((grade): Cell => cellOf({ told, after, world }, happened, names.get(happened) ?? "", grade)),
    );
  } finally {
    await drift.stop();
  }
}

async function rotated(db: Db, world: SteadyWorld): Promise<void> {
  const deps = world.deps("engine", false);
  const admission = { environment: "test", rotationOn: true, registry: deps.accounts.registry };
  const engine = new Engine(deps, { concurrency: 16, pollMs: 50, admission });
  try {
    await rotate(db, world, world.names);
  } finally {
    await engine.stop();
  }
  // All of it was long ago: nothing of Velvet's own can be mistaken for another hand's, and nothing is watched for any more.
  await run(db, "update velvet.held set until = until - interval '1 hour'");
  await run(db, "update velvet.tombstone set state = 'clear', next_action_at = null");
  await run(db, "update velvet.drift_check set next_check_at = clock_timestamp()");
}

/** The next look comes after the bench's interval, whatever the Credential's is. */
function often(db: Db, intervalMs: number): Db {
  return {
    transaction: async (work) => db.transaction(async (tx) => work(often(tx, intervalMs))),
    query: async (statement, values = []) => {
      if (statement.name !== "record_checks") return db.query(statement, values);
      const rows = JSON.parse(String(values[0])) as readonly object[];
      const sooner = rows.map((row) => ({ ...row, nextMs: intervalMs * (0.9 + 0.2 * Math.random()) }));
      return db.query(statement, [JSON.stringify(sooner)]);
    },
  };
}

/** By place of each Credential. */
type AllTold = Map<string, Told[]>;

/** When each finding was first open, until nothing more can be expected. The places of double writers are written again after each look. */
async function listen(
  db: Db,
  world: SteadyWorld,
  names: ReadonlyMap<Happening, string>,
  began: number,
): Promise<AllTold> {
  const told: AllTold = new Map();
  const name = names.get("double writer") ?? "";
  const looks = new Set<string | null>();
  while (performance.now() - began < LONGEST_MS && !isComplete(told, names)) {
    await delay(50);
    const all = await views(db);
    for (const view of all) take(told, view, performance.now() - began);
    const checkedAt = all.find((view) => view.name === name)?.checkedAt ?? null;
    if (!looks.has(checkedAt) && looks.size > 0) await happen({ db, world, name }, "double writer");
    looks.add(checkedAt);
  }
  return told;
}

function take(told: AllTold, { name, findings }: DriftView, atMs: number): void {
  for (const { place, kind, state } of findings) {
    const key = `${name} ${place}`;
    const before = told.get(key) ?? [];
    const isNew = state === "open" && before.every((each) => each.kind !== kind);
    if (isNew) told.set(key, [...before, { kind, atMs }]);
  }
}

/** All that can be told at the most telling grade, and at the vendor, was told. */
function isComplete(told: ReadonlyMap<string, readonly Told[]>, names: ReadonlyMap<Happening, string>): boolean {
  return [...names].every(([happened, name]) => {
    if (isAtVendor(happened)) return told.has(`${name} @vendor`);
    const kinds = (grade: string) => (told.get(`${name} ${grade}`) ?? []).map(({ kind }) => kind);
    if (happened === "double writer")
      return kinds("value").includes("DoubleWriter") && kinds("version").includes("DoubleWriter");
    return told.has(`${name} value`);
  });
}

interface Outcome {
  readonly told: ReadonlyMap<string, readonly Told[]>;
  readonly after: readonly DriftView[];
  readonly world: SteadyWorld;
}

function cellOf({ told, after, world }: Outcome, happened: Happening, name: string, grade: Cell["grade"]): Cell {
  const place = isAtVendor(happened) ? "@vendor" : grade;
  const all = told.get(`${name} ${place}`) ?? [];
  const first = happened === "double writer" ? all.find(({ kind }) => kind === "DoubleWriter") : all[0];
  if (!first) return { happened, grade, said: null, afterSeconds: null, corrected: null };
  const left = after.find((view) => view.name === name)?.findings ?? [];
  const still = left.some((each) => each.place === place && each.kind !== "DoubleWriter" && each.kind !== "DriftFight");
  const isRight = world.vendor.held(`${name}/${grade}`) === world.vendor.held(`${name}/custody`);
  return {
    happened,
    grade,
    said: first.kind,
    afterSeconds: Math.round(first.atMs / 100) / 10,
    corrected: !still && isRight ? "yes" : "no",
  };
}

async function views(db: Db): Promise<readonly DriftView[]> {
  return (await listDrift(db, undefined, false)).filter(({ namespace }) => namespace === NAMESPACE);
}

async function until(db: Db, none: string): Promise<void> {
  const end = performance.now() + LONGEST_MS;
  while ((await number(db, none)) > 0) {
    if (performance.now() > end) throw new Error(`not so within a minute: ${none}`);
    await delay(50);
  }
}

export function matrixLines(cells: readonly Cell[]): string[] {
  const rows = HAPPENINGS.map((happened) => [
    happened,
    ...GRADES.map((grade) => textOf(cells.find((cell) => cell.happened === happened && cell.grade === grade))),
  ]);
  const table = [["happened", ...GRADES], ...rows];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0))) ?? [];
  return table.map((row) =>
    row
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function textOf(cell: Cell | undefined): string {
  if (!cell || cell.said === null) return "cannot be seen";
  const mended = cell.corrected === "yes" ? "put right" : "a person's";
  return `${cell.said} ${cell.afterSeconds?.toFixed(1)} s, ${mended}`;
}
