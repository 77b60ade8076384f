/** What a drill is: a situation in which a person is needed, made for real, and each way out of it, walked to its end. */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { type AwsDrill, openAwsDrill } from "./aws.ts";
import { type HerokuDrill, type HerokuOptions, openHerokuDrill } from "./heroku.ts";
import { Person } from "./person.ts";
import type { DrillWorld } from "./world.ts";

/** What was seen, for a table. */
export interface Told {
  readonly shown: string;
  readonly ended: string;
}

export interface Way {
  /** What the person does, in a few words. */
  readonly way: string;
  /** The commands, as Velvet prints them and as the runbook has them; none where the vendor or Velvet itself leads on. */
  readonly commands: readonly string[];
  /** Throws where anything is not as the runbook says. */
  readonly run: () => Promise<Told>;
}

export interface Drill {
  /** As the runbook's heading has it. */
  readonly situation: string;
  readonly ways: readonly Way[];
}

type Story<T> = (drill: T, person: Person) => Promise<Told>;

export function atHeroku(
  way: string,
  commands: readonly string[],
  options: HerokuOptions,
  story: Story<HerokuDrill>,
): Way {
  const run = async (): Promise<Told> => {
    await using drill = await openHerokuDrill(options);
    return await told(drill, story, commands); // before it is closed
  };
  return { way, commands, run };
}

export function atAws(
  way: string,
  commands: readonly string[],
  credential: Parameters<typeof openAwsDrill>[0],
  story: Story<AwsDrill>,
): Way {
  const run = async (): Promise<Told> => {
    await using drill = await openAwsDrill(credential);
    return await told(drill, story, commands); // before it is closed
  };
  return { way, commands, run };
}

async function told<T extends { readonly world: DrillWorld }>(
  drill: T,
  story: Story<T>,
  commands: readonly string[],
): Promise<Told> {
  const { world } = drill;
  const before = new Set(world.truth.alive().map(({ id }) => id));
  const person = new Person(world);
  world.start();
  const seen = await story(drill, person);
  assert.deepEqual(person.ran, commands);
  await assertProven(world, before);
  return seen;
}

/** Both promises, by asking the vendor itself. */
async function assertProven(world: DrillWorld, before: ReadonlySet<string>): Promise<void> {
  assert.deepEqual(world.outages, [], "a consumer was without a credential that the vendor accepts");
  const alive = world.truth.alive();
  if (world.mustWork) {
    const values = new Set(alive.map(({ value }) => value));
    for (const [id, value] of Object.entries(world.truth.held()))
      assert.ok(values.has(value ?? ""), `${id} holds nothing that works`);
  }
  const owned = await ownedIds(world);
  const strangers = world.truth.strangers();
  const orphans = alive.map(({ id }) => id).filter((id) => !before.has(id) && !strangers.has(id) && !owned.has(id));
  assert.deepEqual(orphans, [], "minted, alive, and owned by nobody");
}

/** What the ledger knows an owner of: the current one, retired ids, and what a live rotation is about. */
async function ownedIds(world: DrillWorld): Promise<ReadonlySet<string>> {
  const rows = await world.sql<{ id: string }>(
    `select current_id as id from velvet.credential where current_id is not null
     union select vendor_id from velvet.retired where state in ('live', 'quarantined', 'restored')
     union select a.vendor_id from velvet.attempt a join velvet.rotation r on r.id = a.rotation
       where r.ended_at is null and a.vendor_id is not null`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Every text stands on the page, or fits. Returns the first, for the table. */
export function assertShown(page: string, ...wanted: readonly (string | RegExp)[]): string {
  for (const text of wanted) {
    assert.ok(typeof text === "string" ? page.includes(text) : text.test(page), `not shown: ${String(text)}\n${page}`);
  }
  return String(wanted[0]);
}

export function assertSame(given: unknown, wanted: unknown): void {
  assert.ok(isDeepStrictEqual(given, wanted), `${JSON.stringify(given)} is not ${JSON.stringify(wanted)}`);
}
