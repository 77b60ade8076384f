/** What hides a key from whoever reads the place, where its sink can tell. */
import type { Shadow, Sink } from "../../adapters/contract.ts";
import type { Expected, Sight } from "../domain/drift/place.ts";
import type { Outcome } from "../engine/effect.ts";
import { ask, type LookPass } from "./pass.ts";

type Hidden = Readonly<Record<string, string>>;

const NOTHING = { kind: "done", value: {} } as const;

/** By key. Where the place is nothing that Velvet wrote, nothing is expected to be read there. */
export async function shadowsAt(pass: LookPass, sink: Sink, expected: Expected): Promise<Outcome<Hidden>> {
  const { place, held, prints } = expected;
  const shadows = sink.shadows?.bind(sink);
  if (!shadows || held === undefined) return NOTHING;
  const names = Object.keys(prints).filter((name) => prints[name] !== null);
  if (names.length === 0) return NOTHING;
  const outcome = await ask(pass, "drift.shadows", async (signal) => shadows(names, signal));
  if (outcome.kind !== "done") return outcome;
  const strange = Object.entries(outcome.value).filter(([name, shadow]) => !isCopy(pass, place, name, shadow));
  return { kind: "done", value: Object.fromEntries(strange.map(([name, { by }]) => [name, by])) };
}

/** Another consumer of the same Credential holds the same value under the same name. */
function isCopy({ deps, snapshot }: LookPass, place: string, name: string, { targets }: Shadow): boolean {
  if (targets === undefined) return false;
  const { consumers } = snapshot.credential.spec;
  const account = consumers.find(({ id }) => id === place)?.account;
  return consumers.some(
    (other) =>
      other.id !== place &&
      other.account === account &&
      other.active !== false &&
      other.keys.some((key) => key.name === name) &&
      isSame(deps.accounts.sinkTargets(snapshot, other.id), targets),
  );
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => one[name] === other[name]);
}

export function withShadows(sight: Sight, hidden: Hidden): Sight {
  if (Object.keys(hidden).length === 0) return sight;
  const keys = Object.entries(sight.keys).map(([name, key]) => {
    const by = hidden[name];
    return [name, by === undefined || !key.present ? key : { ...key, shadowedBy: by }] as const;
  });
  return { ...sight, keys: Object.fromEntries(keys) };
}
