/** What is left to do in one telling, as the ledger says. */
import type { ConsumerFacts, ConsumerState, RotationFacts, State } from "../../../controller/domain/world.ts";
import { simStatement } from "./database.ts";
import type { SimLedger } from "./database.ts";
import type { Part } from "./replica.ts";

/** A row that somebody works on when its time has come and nobody holds it. */
interface Timed {
  readonly at: number | null;
  readonly heldUntil: number | null;
}

export interface RotationEntry extends Timed {
  readonly id: string;
  readonly namespace: string;
  /** The request's. */
  readonly name: string;
  readonly state: State;
  readonly facts: RotationFacts;
  readonly ended: boolean;
  readonly consumers: readonly { readonly id: string; readonly state: ConsumerState; readonly facts: ConsumerFacts }[];
}

export interface RetiredEntry extends Timed {
  readonly vendorId: string;
  readonly state: string;
  readonly tries: number;
}

export interface TombstoneEntry extends Timed {
  readonly state: "watching" | "orphan-suspected";
}

export interface DriftEntry extends Timed {
  readonly state: "unchecked" | "clean" | "drifted" | "disabled";
  /** When a look last came to its end. */
  readonly checkedAt: number | null;
  readonly findings: readonly {
    readonly place: string;
    readonly kind: string;
    readonly state: "suspected" | "open";
    /** A person has decided on it. */
    readonly isSettled: boolean;
  }[];
}

export interface Agenda {
  readonly requestAt: number | null;
  /** Decisions that came too late and are not answered yet. */
  readonly late: number;
  readonly retiredDecisions: number;
  readonly driftDecisions: number;
  /** Of its looks between rotations; null before the first rotation. */
  readonly drift: DriftEntry | null;
  readonly rotations: readonly RotationEntry[];
  readonly retired: readonly RetiredEntry[];
  /** Only those that are looked at again. */
  readonly tombstones: readonly TombstoneEntry[];
}

const AGENDA = simStatement("agenda");
const NOTHING: Agenda = {
  requestAt: null,
  late: 0,
  retiredDecisions: 0,
  driftDecisions: 0,
  drift: null,
  rotations: [],
  retired: [],
  tombstones: [],
};

export async function readAgenda(ledger: Pick<SimLedger, "db">, namespace: string): Promise<Agenda> {
  const [row] = await ledger.db.query<Agenda>(AGENDA, [namespace]);
  return row ?? NOTHING;
}

/** When it can be worked on: a lease must be over, not only at its end. */
function momentOf({ at, heldUntil }: Timed): number {
  return at === null ? Infinity : Math.max(at, heldUntil === null ? 0 : heldUntil + 1);
}

export function liveRotation(agenda: Agenda): RotationEntry | undefined {
  return agenda.rotations.findLast((rotation) => !rotation.ended);
}

/** When each part has something to do. */
export type Moments = Readonly<Record<Part, number>>;

export function moments(agenda: Agenda): Moments {
  const { requestAt, late, retiredDecisions, driftDecisions, drift, rotations, retired, tombstones } = agenda;
  const earliest = (rows: readonly Timed[]): number => Math.min(Infinity, ...rows.map(momentOf));
  return {
    admit: late > 0 ? 0 : (requestAt ?? Infinity),
    work: earliest(rotations.filter((rotation) => !rotation.ended)),
    retired: retiredDecisions > 0 ? 0 : earliest(retired),
    tombstones: earliest(tombstones),
    drift: driftDecisions > 0 && drift ? 0 : nextLook(agenda),
  };
}

/** Nobody looks while it is being rotated. A part of a millisecond is over when the next one begins. */
function nextLook(agenda: Agenda): number {
  return agenda.drift && !liveRotation(agenda) ? Math.ceil(momentOf(agenda.drift)) : Infinity;
}

/** A person is told that this rotation does not go on by itself. */
export function isStalled({ facts, consumers }: RotationEntry): boolean {
  return facts.failure?.stalled === true || consumers.some((consumer) => consumer.facts.failure?.stalled === true);
}
