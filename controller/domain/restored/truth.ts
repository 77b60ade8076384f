/** What happened to one Credential in the time that a restored ledger has lost, and what accepting the ledger does about it. Pure. */
import type { KeyId } from "../../../adapters/contract.ts";
import { type Act, actsFor } from "./acts.ts";
import { happenedTo } from "./happened.ts";
import { inventoryOf, type VendorEntry } from "./inventory.ts";
import type { Happened, Holds, Known, PlaceSight, Subject, Unseen } from "./subject.ts";
import { messageOf, personFor } from "./told.ts";

export interface PlaceTold {
  readonly place: string;
  readonly grade: string;
  readonly holds: Holds;
  readonly id?: KeyId;
  readonly why?: string;
}

/** For people, programs and the acceptance. Never a value. */
export interface Truth {
  readonly happened: Happened;
  readonly message: string;
  /** What the ledger says is in use. */
  readonly ledgerId: KeyId | null;
  /** What is in use, as far as the vendor tells. */
  readonly currentId: KeyId | null;
  readonly places: readonly PlaceTold[];
  readonly vendor: readonly VendorEntry[];
  /** What accepting the ledger does. */
  readonly acts: readonly Act[];
  /** What only a person can do, in sentences with commands. */
  readonly person: readonly string[];
  /** Requests of it that begin when the ledger is accepted. */
  readonly starts: readonly string[];
  /** What it was concluded from: a manifest or a request that came since makes it stale. */
  readonly asOf: { readonly generation: number; readonly requests: readonly string[] };
}

export function truthOf(known: Known): Truth {
  const { subject, sight } = known;
  const happened = happenedTo(known);
  const vendor = inventoryOf(known, happened);
  const acts = actsFor(known, happened, vendor);
  const told = { ...known, happened, vendor, acts };
  const closed = new Set(acts.flatMap((act) => (act.do === "close" ? [act.uid] : [])));
  return {
    happened,
    message: messageOf(told),
    ledgerId: subject.currentId,
    currentId: currentOf(known, happened),
    places: sight.places.map(placeTold),
    vendor,
    acts,
    person: personFor(told),
    starts: subject.waiting.filter(({ uid }) => !closed.has(uid)).map(({ name }) => name),
    asOf: asOf(subject),
  };
}

function asOf({ generation, waiting }: Subject): Truth["asOf"] {
  return { generation, requests: waiting.map(({ uid }) => uid).toSorted() };
}

function placeTold({ place, grade, holds, id, why }: PlaceSight): PlaceTold {
  return { place, grade, holds, ...(id === undefined ? {} : { id }), ...(why === undefined ? {} : { why }) };
}

/** Nothing is adopted and nothing is ended where nobody could look. */
export function unseenTruth(subject: Subject, { unseen }: Unseen): Truth {
  const { currentId, waiting, live } = subject;
  const going = live === null ? "" : ` ${live.name} would go on from ${live.state}.`;
  return {
    happened: "unseen",
    message: `It could not be looked at: ${unseen}${going}`,
    ledgerId: currentId,
    currentId: null,
    places: [],
    vendor: [],
    acts: [],
    person: ["Let it be looked at: see why in the message; it is looked at again every minute."],
    starts: waiting.map(({ name }) => name),
    asOf: asOf(subject),
  };
}

function currentOf({ subject, sight: { held } }: Known, happened: Happened): KeyId | null {
  if (held === "nothing") return null;
  if (held.is === "ledger") return subject.currentId;
  return happened === "rotated" || happened === "finished" || happened === "goes-on" ? (held.id ?? null) : null;
}
