/** I10: no row is written with a fence lower than one already committed. */
import type { Violation } from "../api.ts";
import type { Evidence } from "./evidence.ts";
import type { EffectRow } from "./ledger.ts";

export function fencing({ ledger }: Evidence): Violation[] {
  return ledger.rotations.flatMap(({ id, name, fence, ended_at }) => {
    const effects = ledger.effects
      .filter(({ rotation }) => rotation === id)
      .sort((a, b) => Date.parse(a.intent_at) - Date.parse(b.intent_at) || a.fence - b.fence);
    const end = ended_at === null ? Infinity : Date.parse(ended_at);
    const messages = [
      ...effects
        .filter(({ intent_at }) => Date.parse(intent_at) > end)
        .map(({ label }) => `${label} was intended after it had ended`),
      ...effects.flatMap((effect, index) => wentDown(effect, effects.slice(0, index))),
      ...effects
        .filter((effect) => effect.fence > fence)
        .map(({ label }) => `${label} is ahead of the row's own fence`),
    ];
    return messages.map((message) => ({ invariant: "I10", message: `${name}: ${message}` }));
  });
}

/** Of two that were written at the same moment nobody knows which came first. */
function wentDown(effect: EffectRow, before: readonly EffectRow[]): string[] {
  const highest = Math.max(0, ...before.map(({ fence }) => fence));
  if (effect.fence >= highest) return [];
  return [`${effect.label} was intended under fence ${effect.fence} after fence ${highest}`];
}
