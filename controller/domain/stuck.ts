/** A rotation that should go on and does not: nobody has recorded anything of it for minutes. Pure. */
import type { Summarizable } from "./status.ts";
import { camelCase } from "./status.ts";
import type { Failure, Instant } from "./world.ts";

/** A call takes seconds, and a lease less than a minute: after so long a person is told. */
const QUIET_MS = 300_000;

/** Undefined as well where it waits: for a time, for a person, or for a next try. */
export function stuckAt({ rotation, now }: Summarizable): Failure | undefined {
  const { endedAt, nextActionAt, changedAt, claimedBy, leaseUntil, state } = rotation;
  if (endedAt !== undefined || nextActionAt === undefined) return undefined;
  const since = [nextActionAt, changedAt].toSorted().at(-1) ?? changedAt;
  if (Date.parse(now) - Date.parse(since) < QUIET_MS) return undefined;
  const message = `${camelCase(state)} has made no progress since ${since}: ${holderText(claimedBy, leaseUntil)}`;
  return { reason: "NoProgress", message, tries: 0, since, stalled: true };
}

function holderText(replica: string | undefined, leaseUntil: Instant | undefined): string {
  if (replica === undefined) return "it is due, and no replica has taken it up.";
  return `the replica ${replica} holds it, with a lease until ${leaseUntil ?? "now"}, which it renews as long as it runs.`;
}
