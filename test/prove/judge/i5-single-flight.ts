/** I5: at most one live rotation and one open attempt per Credential, now and at every time before. */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import type { RotationRow } from "./ledger.ts";

export function singleFlight({ ledger }: Evidence): Violation[] {
  return ledger.credentials.flatMap(({ uid }) => {
    const rotations = ledger.rotations.filter(({ credential }) => credential === uid);
    const open = ledger.attempts.filter(({ credential, state }) => credential === uid && state === "open");
    const messages = [
      ...rotations.flatMap((rotation, index) => overlap(rotation, rotations.slice(index + 1))),
      ...(open.length > 1 ? [`${open.length} attempts are open at once`] : []),
      ...open.flatMap(({ number, rotation }) => whyLeftOpen(rotations, rotation, number)),
    ];
    return messages.map((message) => ({ invariant: "I5", message }));
  });
}

/** `later` began after this one. */
function overlap(rotation: RotationRow, later: readonly RotationRow[]): string[] {
  const end = rotation.ended_at === null ? Infinity : Date.parse(rotation.ended_at);
  return later
    .filter((other) => Date.parse(other.created_at) < end)
    .map((other) => `${other.name} began while ${rotation.name} was live`);
}

/** The next rotation could not mint. */
function whyLeftOpen(rotations: readonly RotationRow[], id: string, number: number): string[] {
  const ended = rotations.find((rotation) => rotation.id === id && rotation.ended_at !== null);
  return ended ? [`${ended.name} has ended, and its attempt ${number} is still open`] : [];
}
