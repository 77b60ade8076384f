/** I6: at most two mints of a rotation that were or may have been answered yes, three of a credential in 24 hours, and no order sent twice. */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";

const MOST_OF_ROTATION = 2;
const MOST_OF_DAY = 3;
const DAY_MS = 86_400_000;

export function boundedMinting(evidence: Evidence): Violation[] {
  const messages = [...tooManyOfRotation(evidence), ...tooManyOfDay(evidence), ...sentAgain(evidence)];
  return messages.map((message) => ({ invariant: "I6", message }));
}

function tooManyOfRotation({ ledger }: Evidence): string[] {
  return ledger.rotations.flatMap(({ id, name }) => {
    const { length } = ledger.attempts.filter(({ rotation, state }) => rotation === id && state !== "burned");
    return length > MOST_OF_ROTATION ? [`${name} minted ${length} times`] : [];
  });
}

function tooManyOfDay({ ledger }: Evidence): string[] {
  return ledger.credentials.flatMap(({ uid }) => {
    const times = ledger.attempts
      .filter(({ credential, state }) => credential === uid && state !== "burned")
      .map(({ created_at }) => Date.parse(created_at))
      .sort((a, b) => a - b);
    const crowded = times.some((time, index) => {
      const first = times[index - MOST_OF_DAY];
      return first !== undefined && time - first < DAY_MS;
    });
    return crowded ? [`${times.length} mints, more than ${MOST_OF_DAY} of them within 24 hours`] : [];
  });
}

/** Only a value that we chose may be asked for again. What lands late was sent before. */
function sentAgain({ fake }: Evidence): string[] {
  if (fake.setup.mintClass === "client-supplied") return [];
  const sent = new Map<string, number>();
  for (const { label, target, outcome, note } of fake.history) {
    if (label !== "issuer.mint" || outcome === "late" || note?.startsWith("late:")) continue;
    sent.set(target, (sent.get(target) ?? 0) + 1);
  }
  return [...sent].flatMap(([marker, times]) => (times > 1 ? [`the mint ${marker} was sent ${times} times`] : []));
}
