/** The drill of a restored backup: stories around it, the report, the acceptance, and then the vendors are asked. */
import { randomBytes } from "node:crypto";
import { acceptLedger } from "../../controller/checkpoints/accept.ts";
import { signingNow } from "../../controller/checkpoints/keys.ts";
import { digestOf } from "../../controller/checkpoints/report.ts";
import type { Truth } from "../../controller/domain/restored/truth.ts";
import { type HoldView, listHolds } from "../../controller/ledger/holds.ts";
import { listRestored, type RestoredView } from "../../controller/ledger/restored.ts";
import { listRequests } from "../../controller/ledger/views.ts";
import type { TestServer } from "../support/server.ts";
import { DrillWorld, NAMESPACE, PLACES } from "./drill-world.ts";
import { endByHand, Faults, type Story } from "./stories.ts";

/** How it came out for one story. Empty faults: as promised. */
export interface Outcome {
  readonly name: string;
  readonly what: string;
  readonly truth: Truth | null;
  readonly faults: readonly string[];
}

export interface DrillReport {
  readonly holds: readonly HoldView[];
  readonly views: readonly RestoredView[];
  readonly outcomes: readonly Outcome[];
  /** At every call: a consumer that held what the vendor refuses. */
  readonly outages: readonly string[];
  /** What lives at the vendor, is ours, and has no owner. */
  readonly unowned: readonly string[];
}

export interface DrillOptions {
  /** What is done now. */
  readonly told?: (line: string) => void;
  /** As a control: the ledger is accepted, and made to say nothing else than it does. */
  readonly blind?: boolean;
}

export async function drill(
  server: TestServer,
  stories: readonly Story[],
  { told = () => undefined, blind = false }: DrillOptions,
): Promise<DrillReport> {
  await using world = await DrillWorld.open(server);
  const faults = new Faults();
  world.vendor.sinkTraits = { grade: "value", atomic: true, conditional: true };
  world.vendor.fault = faults.fault;
  await arrange(world, stories, faults, told);
  await world.restore();
  told("The backup is restored; controllers start.");
  await world.start();
  await world.sync(); // the repository is as it was when the ledger was lost
  await world.until("the report", async () => (await listRestored(world.db)).every(({ truth }) => truth !== null));
  const [holds, views] = [await listHolds(world.db), await listRestored(world.db)];
  const before = await untouched(world);
  const aliveBefore = alive(world);
  if (blind) await world.rows(`update velvet.restored set truth = jsonb_set(truth, '{acts}', '[]')`);
  await accept(world, holds, blind ? await listRestored(world.db) : views);
  told("Accepted. What waited begins.");
  if (blind) await harm(world, told);
  else {
    await world.until("what goes on", async () => !world.isHeld && (await isQuiet(world)));
    told("Days pass, and what is to be destroyed then is destroyed.");
    await daysPass(world);
  }
  const lost = aliveBefore.filter((id) => !alive(world).includes(id));
  const outcomes: Outcome[] = [];
  for (const story of stories) outcomes.push(await outcomeOf(world, story, { views, before, lost, blind }));
  if (!blind) await destroyKept(world, views);
  return { holds, views, outcomes, outages: world.vendor.outages, unowned: await unowned(world) };
}

async function arrange(
  world: DrillWorld,
  stories: readonly Story[],
  faults: Faults,
  told: (line: string) => void,
): Promise<void> {
  await world.start();
  for (const { name, shape, isLate } of stories) if (isLate !== true) await world.credential(name, shape);
  await world.sync();
  told("Up to the backup.");
  await Promise.all(stories.map(async ({ before }) => before?.(world, faults)));
  await world.backup();
  faults.releaseAll();
  told("In the time that will be lost.");
  for (const { name, shape, isLate } of stories) if (isLate === true) await world.credential(name, shape);
  await world.sync();
  await Promise.all(stories.map(async ({ meanwhile }) => meanwhile?.(world, faults)));
  await world.stop(); // publishes once more
}

/** What each of a Credential's places holds. */
type Held = Readonly<Record<string, string | undefined>>;

async function untouched(world: DrillWorld): Promise<Held> {
  return Object.fromEntries([...world.vendor.stored.keys()].map((target) => [target, world.vendor.held(target)]));
}

function alive(world: DrillWorld): string[] {
  return [...world.vendor.keys].flatMap(([id, { enabled }]) => (enabled ? [id] : []));
}

/** As a person does who has read the report. */
export async function accept(
  world: DrillWorld,
  holds: readonly HoldView[],
  views: readonly RestoredView[],
): Promise<void> {
  const [row] = await world.rows<{ key: string }>("select checkpoint_key as key from velvet.install");
  const signing = signingNow([row?.key ?? ""], world.signer);
  if (signing === undefined) throw new Error("nobody may sign");
  const given = holds.map(({ place, reason, published }) => ({
    place,
    reason,
    published: { ...published, hash: published.hash ?? "" },
  }));
  const acceptance = { reason: "drill", decidedBy: "ben", report: digestOf(views) };
  await acceptLedger(world.db, signing, given, acceptance, randomBytes);
}

/** Nothing waits but for people. */
async function isQuiet(world: DrillWorld): Promise<boolean> {
  const [row] = await world.rows<{ open: number }>(
    `select (select count(*) from velvet.request where state = 'pending')
       + (select count(*) from velvet.rotation where ended_at is null and flow <> 'Revocation') as open`,
  );
  return Number(row?.open) === 0;
}

const DUE = "update velvet.retired set next_action_at = clock_timestamp() where next_action_at is not null";

async function daysPass(world: DrillWorld): Promise<void> {
  await world.rows(DUE);
  await world.until("the end of quarantines", async () => {
    const [row] = await world.rows<{ open: number }>(
      "select count(*) as open from velvet.retired where next_action_at is not null",
    );
    return Number(row?.open) === 0;
  });
}

/** The control waits for the harm that it must do. */
async function harm(world: DrillWorld, told: (line: string) => void): Promise<void> {
  await world.until("what goes on", async () => Promise.resolve(!world.isHeld));
  await world.rows(DUE);
  const isHarmed = async (): Promise<boolean> => Promise.resolve(world.vendor.outages.length > 0);
  await world.until("harm", isHarmed).catch(() => told("Nobody was harmed in this time."));
}

interface Before {
  readonly views: readonly RestoredView[];
  readonly before: Held;
  /** Ended after the acceptance. */
  readonly lost: readonly string[];
  readonly blind: boolean;
}

async function outcomeOf(world: DrillWorld, story: Story, { views, before, lost, blind }: Before): Promise<Outcome> {
  const { name, what, happened } = story;
  const truth = views.find((view) => view.name === name)?.truth ?? null;
  const said = truth?.happened ?? "nothing";
  const faults = [
    ...(said === happened ? [] : [`the report says ${said}, not ${happened}`]),
    ...PLACES.flatMap((place) => faultsAt(world, story, place)),
    ...PLACES.flatMap((place) => {
      const id = world.vendor.keys.idOf(before[`${name}/${place}`] ?? "");
      return id !== undefined && lost.includes(id) ? [`${id}, which ${place} held, was ended`] : [];
    }),
  ];
  const again = blind ? [] : await rotatesAgain(world, story);
  return { name, what, truth, faults: [...faults, ...again] };
}

function faultsAt({ vendor }: DrillWorld, { name, isDead }: Story, place: string): string[] {
  if (isDead === true || vendor.accepts(vendor.held(`${name}/${place}`) ?? "")) return [];
  return [`${place} holds what the vendor refuses`];
}

async function rotatesAgain(world: DrillWorld, story: Story): Promise<string[]> {
  const { name } = story;
  const held = PLACES.map((place) => world.vendor.held(`${name}/${place}`));
  const state = await rotate(world, story);
  const faults = state === "done" ? [] : [`another rotation does not go through (${state})`];
  for (const [index, place] of PLACES.entries()) {
    const value = world.vendor.held(`${name}/${place}`) ?? "";
    if (value === held[index] || !world.vendor.accepts(value)) faults.push(`${place} was not given the next one`);
  }
  return faults;
}

async function rotate(world: DrillWorld, { name, isDead, shape }: Story): Promise<string> {
  const request = `${name}-again`;
  world.request(request, name, isDead === true ? { expect: "Dead" } : {});
  await world.sync();
  if (shape?.adapter === "byhand") await againByHand(world, name, request);
  await world.until(`the answer to ${request}`, async () => isAnswered(world, request));
  return (await world.rotation(request))?.rotation.state ?? "refused";
}

async function againByHand(world: DrillWorld, name: string, request: string): Promise<void> {
  const value = `${name}-value-2`;
  await world.until(
    "the question",
    async () => (await world.rotation(request))?.rotation.facts.assisted?.mint !== undefined,
  );
  world.vendor.keys.set(`${name}-2`, { value, marker: undefined, enabled: true, family: name });
  world.handIn(request, name, value);
  await world.sync();
  await endByHand(world, request, `${name}-1`);
}

async function isAnswered(world: DrillWorld, request: string): Promise<boolean> {
  const [found] = await listRequests(world.db, { namespace: NAMESPACE, name: request });
  if (found?.state !== "pending" && found?.state !== undefined) return true;
  return (await world.rotation(request))?.rotation.endedAt !== undefined;
}

/** What the report left to a person is ended by the command that it names. */
async function destroyKept(world: DrillWorld, views: readonly RestoredView[]): Promise<void> {
  const kept = views.flatMap(({ name, truth }) =>
    (truth?.acts ?? []).flatMap((act) => (act.do === "keep" ? [{ name, id: act.id }] : [])),
  );
  for (const [index, { name, id }] of kept.entries())
    world.decide(`destroy-kept-${index}`, { credentialRef: { name }, action: "DestroyRetired", vendorId: id });
  await world.sync();
  for (const { id } of kept) await world.until(`the end of ${id}`, async () => !world.vendor.keys.has(id));
}

/** Everything alive with our marker is in use, an old one that the ledger names, or under way. */
async function unowned(world: DrillWorld): Promise<string[]> {
  const rows = await world.rows<{ id: string }>(
    `select current_id as id from velvet.credential where current_id is not null
     union select vendor_id from velvet.retired where state in ('quarantined', 'live', 'restored')
     union select a.vendor_id from velvet.attempt a join velvet.rotation r on r.id = a.rotation
       where r.ended_at is null and a.vendor_id is not null`,
  );
  const owned = new Set(rows.map(({ id }) => id));
  return alive(world).filter((id) => world.vendor.keys.get(id)?.marker !== undefined && !owned.has(id));
}
