/** I11, the other way round: what somebody said no to before it was begun is not begun before that was answered. */
import type { Violation } from "../api.ts";
import type { Evidence, Stop } from "./evidence.ts";
import { SKEW_MS } from "./evidence.ts";
import type { DecisionRow, LedgerRows, RotationRow } from "./ledger.ts";
import type { Entry } from "./told.ts";
import { entriesOf } from "./told.ts";

const STOPS = new Set(["Abort", "Deny"]);

export function stopped({ ledger, stops = [] }: Evidence): Violation[] {
  const messages = ledger.rotations.flatMap((rotation) => {
    const entries = entriesOf(ledger, rotation.id);
    return stopsOf(ledger, rotation).flatMap((decision) => {
      const stop = stops.find((each) => each.rotation === rotation.id && each.decision === decision.name);
      return overrun(entries, decision, stop);
    });
  });
  return messages.map((message) => ({ invariant: "I11", message }));
}

function stopsOf({ decisions }: LedgerRows, { namespace, name }: RotationRow): readonly DecisionRow[] {
  return decisions.filter(
    (decision) =>
      STOPS.has(decision.spec.action) &&
      decision.namespace === namespace &&
      decision.spec.requestRef?.name === name &&
      decision.state !== "baseline",
  );
}

/** Where nobody has seen how far the chain had come, the clocks say what was later. */
function overrun(
  entries: readonly Entry[],
  { name, appeared_at, spec }: DecisionRow,
  stop: Stop | undefined,
): string[] {
  const answered = entries.find(({ event, facts }) => event.startsWith("Decision") && facts["decision"] === name);
  const isLater = ({ at, seq }: Entry): boolean => (stop ? seq > stop.written : at > Date.parse(appeared_at) + SKEW_MS);
  return intentsOf(entries)
    .filter((entry) => isLater(entry) && entry.seq < (answered?.seq ?? Infinity))
    .map(({ event }) => `${event} came after the ${spec.action} ${name}, which was not answered yet`);
}

/** Once the first revoke is intended it is gone through with. */
function intentsOf(entries: readonly Entry[]): Entry[] {
  const revoke = entries.find(({ event }) => event === "RevokeIntended");
  return [...entries.filter(({ event }) => event === "MintIntended"), ...(revoke ? [revoke] : [])];
}
