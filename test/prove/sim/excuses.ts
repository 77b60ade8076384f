/** What the protocol does not promise: outages that a person brings about, knowing it, and requests that land too late for anybody. */
import type { Deed, Setup } from "../api.ts";
import type { OutageException } from "../judge/evidence.ts";
import type { Agenda } from "./agenda.ts";
import { liveRotation } from "./agenda.ts";
import type { Act } from "./people.ts";
import { LEASE_MS } from "./replica.ts";
import type { Schedule } from "./schedule.ts";

/** A write that lands later than this after it was sent can undo a later one, where the place takes whatever comes last. */
export const LATEST_WRITE_MS = 2 * LEASE_MS;

export function excuseOf({ verb }: Act, agenda: Agenda, setup: Setup): OutageException | undefined {
  if (verb === "mark" && liveRotation(agenda)?.facts.failure?.reason === "GraceWouldEnd") {
    return { because: "a person had it minted again, which interrupts the consumers until they are written" };
  }
  const last = setup.consumers.at(-1);
  if (verb === "edit" && last) {
    return { consumer: last.id, because: "a person switched it off: Velvet does not write it any more" };
  }
  return undefined;
}

export function overdue(target: string): OutageException {
  return { consumer: target, deed: "sink.write", because: "the write landed more than two leases after it was sent" };
}

/** Of the writes that this schedule has land late. */
export function overdueWrites({ faults, events }: Schedule, history: readonly Deed[]): OutageException[] {
  const late = [
    ...faults.flatMap((fault) => ("landsAfterMs" in fault ? [fault.landsAfterMs ?? 0] : [])),
    ...events.flatMap(({ point, amount }) => (point.at === "flight" ? [amount ?? 0] : [])),
  ].filter((ms) => ms > LATEST_WRITE_MS);
  if (late.length === 0) return [];
  return history
    .filter(({ label, outcome }) => label === "sink.write" && outcome === "late")
    .filter((deed) => history.some((sent) => sent.target === deed.target && late.includes(deed.at - sent.at)))
    .map(({ target }) => overdue(target));
}
