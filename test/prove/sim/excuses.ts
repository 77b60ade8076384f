/** What the protocol does not promise: outages that a person brings about, knowing it, and requests that land too late for anybody. */
import type { MintClass } from "../../../adapters/contract.ts";
import type { Fake, Setup } from "../api.ts";
import type { OutageException } from "../judge/evidence.ts";
import type { Agenda } from "./agenda.ts";
import { liveRotation } from "./agenda.ts";
import type { Act } from "./people.ts";
import type { Schedule } from "./schedule.ts";

export const LEASE_MS = 30_000;
/** A request that lands so long after it was sent is expected by nobody any more. */
const LATEST_MS = 2 * LEASE_MS;

/** What has no way back is carried through, whoever asks for an abort. */
export const NO_WAY_BACK: ReadonlySet<MintClass> = new Set<MintClass>([
  "native-grace",
  "roll-in-place",
  "vendor-distributed",
]);

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

export function isOverdue(ms: number): boolean {
  return ms >= LATEST_MS;
}

/** The write of that place; absent: the mint, where it kills what was before it, wherever that is in use. */
export function overdue(consumer: string | undefined): OutageException {
  return {
    ...(consumer === undefined ? {} : { consumer }),
    because: "a request that cannot be taken back landed more than two leases after it was sent",
  };
}

/**
 * A vendor that keeps one old value and makes two new ones of one request has ended what the consumers hold, there and then: no protocol
 * can help. What comes later is judged.
 */
export function killedByCopy({ faults }: Schedule, { setup, history }: Fake): OutageException[] {
  if (!NO_WAY_BACK.has(setup.mintClass) || setup.graceKeeps === "all") return [];
  if (!faults.some((fault) => fault.kind === "twice" && fault.label === "issuer.mint")) return [];
  const copies = history.filter(({ label, outcome }) => label === "issuer.mint" && outcome === "late");
  return copies.map(({ at }) => ({ at, because: "a mint that was made twice ended what consumers held" }));
}

/** What this schedule has land too late: places that take whatever comes last, and mints without a way back. */
export function overdueTargets({ faults, events }: Schedule, fake: Fake): (string | undefined)[] {
  const late = [
    ...faults.flatMap((fault) => ("landsAfterMs" in fault ? [fault.landsAfterMs ?? 0] : [])),
    ...events.flatMap(({ point, amount }) => (point.at === "flight" ? [amount ?? 0] : [])),
  ].filter(isOverdue);
  if (late.length === 0) return [];
  const landed = fake.history.filter(
    (deed) =>
      deed.outcome === "late" &&
      fake.history.some((sent) => sent.target === deed.target && late.includes(deed.at - sent.at)),
  );
  return landed.flatMap(({ label, target }) => {
    if (label === "issuer.mint") return NO_WAY_BACK.has(fake.setup.mintClass) ? [undefined] : [];
    return label === "sink.write" ? [target] : [];
  });
}
