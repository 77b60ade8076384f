/** Which event of a schedule comes when, by counting who passes where. */
import type { EffectPoint } from "../../../controller/engine/deps.ts";
import type { Fault } from "../api.ts";
import type { Event, Point } from "./schedule.ts";
import { pointText } from "./schedule.ts";

/** Something that happened besides the deeds at the vendor. */
export interface Happening {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  /** How many deeds there were by then. */
  readonly deeds: number;
}

/** Somebody came by a moment around an effect. */
export interface Passed {
  readonly replica: string;
  /** `issuer.mint:before:1`. */
  readonly moment: string;
  /** Moments of one state differ in nothing but what their replica remembers: to die there is the same. */
  readonly state: string;
}

/** The fake's names of what the engine's labels do there first, where they are not the same. */
const AT_THE_VENDOR: Readonly<Record<string, string>> = {
  "issuer.control": "issuer.verify",
  "issuer.revokeNew": "issuer.revoke",
  "issuer.end": "issuer.revoke",
  "sink.restore": "sink.write",
  "drift.write": "sink.write",
};

/** What only looks changes nothing at the vendor, and cannot land late. */
const LOOKS =
  /^(issuer\.(list|verify|identify|control|usage|read|detect)|sink\.(observe|settle)|check\.(run|lockOut)|drift\.(?!write)\w+|account\.probe)$/;

export function isChanging(label: string): boolean {
  return !LOOKS.test(label);
}

export class Events {
  #left: readonly Event[];
  #pauses: readonly Event[] = [];
  readonly #counts = new Map<string, number>();
  readonly #passed: Passed[] = [];

  constructor(events: readonly Event[]) {
    this.#left = events;
  }

  get passed(): readonly Passed[] {
    return this.#passed;
  }

  get left(): readonly Event[] {
    return this.#left;
  }

  /** What happens as `replica` passes here, with everything outside of it being in this state. */
  passing(replica: string, label: string, at: EffectPoint, state: string): readonly Event[] {
    const key = `${replica} ${label} ${at}`;
    const nth = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, nth);
    this.#passed.push({ replica, moment: `${label}:${at}:${nth}`, state });
    if (this.#left.length === 0) return [];
    const now = this.#left.filter((event) => event.replica === replica && isAt(event.point, label, at, nth));
    if (now.length === 0) return [];
    this.#left = this.#left.filter((event) => !now.includes(event));
    this.#pauses = [...this.#pauses, ...now.filter((event) => event.verb === "pause")];
    return now;
  }

  /** Who goes on because `replica` has come here. To be asked after `passing`. */
  resumedBy(replica: string, label: string, at: EffectPoint): readonly string[] {
    if (this.#pauses.length === 0) return [];
    const nth = this.#counts.get(`${replica} ${label} ${at}`) ?? 0;
    // Nobody wakes itself.
    const over = this.#pauses.filter(
      ({ until, replica: own }) =>
        until !== undefined && own !== replica && until.replica === replica && isAt(until.point, label, at, nth),
    );
    this.#pauses = this.#pauses.filter((event) => !over.includes(event));
    return over.map((event) => event.replica);
  }
}

/** The fault that keeps the next call of this label in flight. */
export function inFlight({ point, amount }: Event): Fault {
  const label = AT_THE_VENDOR[point.label] ?? point.label;
  return { kind: "hang", label, nth: 1, ...(amount === undefined ? {} : { landsAfterMs: amount }) };
}

function isAt(point: Point, label: string, at: EffectPoint, nth: number): boolean {
  if (point.label !== label || point.nth !== nth) return false;
  return point.at === at || (point.at === "flight" && at === "before");
}

export function eventKey({ verb, replica, point }: Event): string {
  return `${verb}@${replica} ${pointText(point)}`;
}
