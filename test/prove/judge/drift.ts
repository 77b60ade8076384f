/**
 * What is done between rotations: a correction writes nothing but the value that the ledger holds for the current one, and only where
 * somebody had written before; nobody is told of a difference that nobody made; and one that was made is put right or told.
 */
import type { Deed, Violation } from "../api.ts";
import { sinkTraitsOf } from "../vendor/shape.ts";
import type { LiveWrite } from "../vendor/beside.ts";
import { CUSTODY, behindMs, type Evidence, SKEW_MS } from "./evidence.ts";
import type { LedgerRows } from "./ledger.ts";
import { isAtRest } from "./owners.ts";
import type { Entry } from "./told.ts";
import { entriesOf } from "./told.ts";

const OF_PLACES = new Set(["ValueRemoved", "RevertedToOld", "ValueChanged", "CustodyDiffers"]);
const OF_REACHING = new Set<unknown>(["Unreachable", "AccountNotReady"]);
/** By another hand than Velvet's. */
const PLANTED = "vendor.plant";

export function drift(evidence: Evidence): Violation[] {
  const told = evidence.ofInstall ?? entriesOf(evidence.ledger, "install");
  const found = told.filter(({ event }) => event === "DriftFound");
  if (found.length + evidence.ledger.corrections.length === 0 && evidence.fake.setup.drift === undefined) return [];
  const messages = [
    ...wrongWrites(evidence),
    ...found.flatMap((entry) => (isOfItsTime(evidence, entry) ? [] : falseAlarm(evidence, entry))),
    ...untold(evidence),
    ...fights(evidence.ledger),
  ];
  return messages.map((message) => ({ invariant: "drift", message }));
}

/** What takes effect at a live place while nothing is rotated is a correction's, or comes of the rotation before. */
function wrongWrites({ fake, ledger, exceptions = [] }: Evidence): string[] {
  return fake.liveWrites.flatMap((write) => {
    const { place, at, id } = write;
    if (write.deed === PLANTED || !isCorrections(ledger, write)) return [];
    const current = currentAt(ledger, at);
    if (id === current || current === undefined) return [];
    if (exceptions.some((each) => (each.consumer ?? place) === place)) return [];
    const held = id ?? "nothing that is known";
    return [`a correction wrote ${held} to ${place}, and the ledger held ${current} for the current one`];
  });
}

/** What a rotation writes meanwhile is its own, and judged by its promises. */
function isCorrections({ corrections, rotations }: LedgerRows, { place, at }: LiveWrite): boolean {
  const isRotating = rotations.some(
    ({ created_at, ended_at }) => Date.parse(created_at) <= at && (ended_at === null || at <= Date.parse(ended_at)),
  );
  if (isRotating) return false;
  return corrections.some((row) => {
    const { intent_at, lands_until } = row;
    return row.place === placeOf(place) && Date.parse(intent_at) <= at && at <= Date.parse(lands_until);
  });
}

/** Its last rotation before that made it, or kept it. */
function currentAt({ rotations, attempts }: LedgerRows, at: number): string | undefined {
  const ended = rotations
    .filter(({ flow, ended_at }) => flow !== "Testing" && ended_at !== null && Date.parse(ended_at) <= at + SKEW_MS)
    .toSorted((a, b) => Date.parse(b.ended_at ?? "") - Date.parse(a.ended_at ?? ""));
  for (const { id, state } of ended) {
    const own = attempts.filter(({ rotation }) => rotation === id);
    const made = own.find(
      (attempt) => attempt.state === "current" || (state === "done" && attempt.state === "revoked"),
    );
    if (made?.vendor_id) return made.vendor_id;
  }
  return undefined;
}

/** By real clocks something may be out of reach for a while, and nobody else sees it. */
function isOfItsTime({ inRealTime = false }: Evidence, { facts }: Entry): boolean {
  return inRealTime && OF_REACHING.has(facts["kind"]);
}

/** A finding tells of something that was really so. */
function falseAlarm(evidence: Evidence, { at, facts }: Entry): string[] {
  const { fake, ledger } = evidence;
  const { place, kind } = facts as { readonly place: string; readonly kind: string };
  const told = `it was told that ${place || "custody"} has drifted (${kind})`;
  if (OF_PLACES.has(kind)) {
    return isWrittenOver(evidence, place, at) ? [] : [`${told}, and nobody else had written there since Velvet did`];
  }
  if (kind === "DoubleWriter" || kind === "DriftFight") {
    const plants = fake.liveWrites.filter((write) => placeOf(write.place) === place && write.deed === PLANTED);
    return plants.length >= 2 ? [] : [`${told}, and somebody wrote there ${plants.length} times`];
  }
  const cause = fake.history.some((deed) => deed.at <= at + behindMs(evidence) && isCause(kind, deed));
  return cause || isNamed(ledger, kind) ? [] : [`${told}, and nothing had happened there`];
}

function isCause(kind: string, { label, outcome }: Deed): boolean {
  return kind === "Unreachable" ? outcome !== "done" : CAUSES[kind]?.includes(label) === true;
}

/** By somebody else, and not by Velvet since. What is put right at the same moment is found before. */
function isWrittenOver({ fake, exceptions = [] }: Evidence, place: string, at: number): boolean {
  // A write of Velvet's own that landed when nobody expected it any more is found as what it is.
  if (exceptions.some(({ consumer }) => consumer === place)) return true;
  const there = fake.liveWrites.filter((write) => placeOf(write.place) === place);
  const planted = there.findLast((write) => write.deed === PLANTED && write.at <= at);
  return (
    planted !== undefined && !there.some((write) => write.deed !== PLANTED && write.at > planted.at && write.at < at)
  );
}

const CAUSES: Readonly<Record<string, readonly string[]>> = {
  UnknownKey: ["vendor.mint"],
  OldStillUsed: ["vendor.plant"],
  CurrentMissing: ["vendor.revoke"],
  CurrentRefused: ["vendor.revoke"],
  CurrentDisabled: ["vendor.revoke"],
};

/** What a rotation could not end is shown in its inventory too. */
function isNamed({ retired, tombstones }: LedgerRows, kind: string): boolean {
  if (kind === "RetiredStillLive") return retired.some(({ state }) => state === "live");
  return kind === "Orphan" && tombstones.some(({ state }) => state === "orphan-suspected");
}

const DAY_MS = 86_400_000;
const MOST_A_DAY = 3;

/** So many corrections of one place that nobody asked for, and then a person. */
function fights({ corrections }: LedgerRows): string[] {
  const own = corrections.filter(({ wanted_by }) => wanted_by === null);
  return own.flatMap(({ place, intent_at }) => {
    const since = Date.parse(intent_at) - DAY_MS;
    const day = own.filter((row) => row.place === place && isBetween(Date.parse(row.intent_at), since, intent_at));
    return day.length === MOST_A_DAY + 1 ? [`${place} was put right ${day.length} times within a day`] : [];
  });
}

function isBetween(at: number, since: number, until: string): boolean {
  return at > since && at <= Date.parse(until);
}

/** At rest everybody holds the current one, or it stands there that somebody does not. */
function untold({ fake, ledger, quiet = true }: Evidence): string[] {
  const current = ledger.credentials[0]?.current_id;
  if (!quiet || !isAtRest(ledger) || fake.setup.drift === undefined || !current) return [];
  const places = ["custody", ...fake.setup.consumers.flatMap(({ id, active }) => (active === false ? [] : [id]))];
  return places.flatMap((place) => {
    const isPlanted = fake.liveWrites.findLast((write) => write.place === place)?.deed === PLANTED;
    if (!isPlanted || !isLookedAt(fake.setup, ledger, place) || fake.heldBy(place) === current) return [];
    const isTold = ledger.findings.some((finding) => finding.place === placeOf(place));
    return isTold ? [] : [`${place} holds ${fake.heldBy(place) ?? "nothing known"}, and nobody is told`];
  });
}

/** Velvet wrote it, nobody switched it off, and its sink shows values. */
function isLookedAt(setup: Evidence["fake"]["setup"], { watched }: LedgerRows, place: string): boolean {
  const isSeen = place === "custody" || sinkTraitsOf(sinkOf(setup, place)).grade === "value";
  return isSeen && (watched?.includes(placeOf(place)) ?? true);
}

function sinkOf({ consumers }: Evidence["fake"]["setup"], place: string) {
  return consumers.find(({ id }) => id === place)?.sink ?? "readable";
}

/** As the ledger calls it. */
function placeOf(target: string): string {
  return target === "custody" ? CUSTODY : target;
}
