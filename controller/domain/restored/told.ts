/** What people are told of one Credential after a restore. Pure. */
import { placeName } from "../drift/kinds.ts";
import { type Act, elsewhere } from "./acts.ts";
import type { VendorEntry } from "./inventory.ts";
import type { Happened, Holds, Known } from "./subject.ts";

interface Told extends Known {
  readonly happened: Happened;
  readonly vendor: readonly VendorEntry[];
  readonly acts: readonly Act[];
}

export function messageOf(told: Told): string {
  const { subject, sight, happened } = told;
  const { held } = sight;
  const now = held === "nothing" ? "" : (held.id ?? "a value that the vendor names no id for");
  const live = subject.live === null ? "" : `${subject.live.name}, which was in ${subject.live.state} at the backup,`;
  return SAID[happened]({ now, before: subject.currentId ?? "nothing that it has an id for", live });
}

interface Words {
  /** The id of what custody holds. */
  readonly now: string;
  /** The id that the ledger knows. */
  readonly before: string;
  readonly live: string;
}

const SAID: Readonly<Record<Happened, (words: Words) => string>> = {
  unchanged: () => "Nothing happened to it.",
  rotated: ({ now, before }) =>
    `It was rotated: custody holds ${now}, which is alive; the ledger takes ${before} for it.`,
  finished: ({ now, live }) => `${live} came to its end: custody holds what it minted (${now}), which is alive.`,
  "taken-back": ({ before, live }) =>
    `${live} was aborted: custody holds ${before}, and what was minted is given to nobody any more.`,
  "goes-on": ({ live }) => `${live} can go on from there: what it writes and ends is what it would have.`,
  minted: ({ before }) => `Something was minted for it and is not in use: custody holds ${before}, as the ledger says.`,
  ended: () => "The vendor refuses what custody holds: it was revoked, or somebody wrote custody.",
  emptied: () => "Custody holds nothing any more; the ledger knows a credential in use.",
  unseen: () => "It could not be looked at.",
};

export function personFor(told: Told): string[] {
  return [
    ...aboutValue(told),
    ...aboutPlaces(told),
    ...told.acts.flatMap((act) => aboutAct(told, act)),
    ...strays(told),
  ];
}

function aboutValue({ subject, sight: { held }, happened, traits }: Told): string[] {
  const { name, namespace } = subject;
  if (happened === "ended" || happened === "emptied") {
    return [`Issue a new one: velvet request rotate ${name} -n ${namespace} --expect Dead`];
  }
  const isNameless = held !== "nothing" && held.id === undefined && traits.authority === "vendor";
  if (happened !== "rotated" || !isNameless) return [];
  return [
    "The vendor does not say which of its credentials this is: the next rotation leaves the old one's end to a person.",
  ];
}

function aboutPlaces(told: Told): string[] {
  const { subject } = told;
  return elsewhere(told).map((place) => {
    const id = place.id === undefined ? "" : ` (${place.id})`;
    const what = HELD[place.holds] ?? `another value${id}`;
    return `${placeName(place.place)} holds ${what}: when the ledger is accepted, velvet request rotate ${subject.name} -n ${subject.namespace} brings all of them together.`;
  });
}

const HELD: Partial<Record<Holds, string>> = { nothing: "nothing", ledger: "the value from before" };

function aboutAct({ subject }: Told, act: Act): string[] {
  const about = `${subject.name} ${"id" in act && act.id !== null ? act.id : ""} -n ${subject.namespace}`;
  if (act.do === "keep") {
    return [`When nobody uses ${act.id} any more (${act.because}): velvet destroy ${about}`];
  }
  if (act.do === "spare") {
    return [`${act.id} was brought back: when nobody uses it any more, velvet destroy ${about}`];
  }
  if (act.do !== "close") return [];
  return [`${act.name} is taken for executed. Where it was not, request it again under another name.`];
}

/** What no row can be given to: no rotation of this Credential is known that could stand for it. */
function strays({ vendor, acts }: Told): string[] {
  const kept = new Set(acts.flatMap((act) => (act.do === "keep" ? [act.id] : [])));
  return vendor
    .filter(({ owner, id, enabled }) => owner === "forgotten" && enabled && !kept.has(id))
    .map(
      ({ id }) => `The vendor has ${id} with this install's marker, and nobody knows whose it is: see velvet sweep.`,
    );
}
