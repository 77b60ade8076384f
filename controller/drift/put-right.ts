/** Puts right what a look found, and records how it stands then. */
import type { Finding } from "../domain/drift/kinds.ts";
import type { Memory, PlaceMemory } from "../domain/drift/memory.ts";
import { meaningOf } from "../domain/drift/place.ts";
import { correct } from "./correct.ts";
import type { PlaceLook } from "./look-at-place.ts";
import { notPutRight } from "./orders.ts";
import type { LookPass } from "./pass.ts";
import type { Survey } from "./survey.ts";

export interface PutRight {
  readonly memory: Memory;
  /** Of places that hold the value again. */
  readonly gone: readonly Finding[];
  /** As before, and why. */
  readonly still: readonly Finding[];
}

/** One place after the other: each is an intent, a write, an outcome and a look. */
export async function putRight(
  pass: LookPass,
  { memory, sights, current }: Survey,
  orders: readonly Finding[],
  present: readonly Finding[],
): Promise<PutRight> {
  const credential = `${pass.claim.namespace}/${pass.claim.name}`;
  const places: Record<string, PlaceMemory> = { ...memory.places };
  const gone: Finding[] = [];
  const still: Finding[] = [];
  for (const finding of orders) {
    const { place } = finding;
    const look = sights.get(place);
    if (!look || !current) continue;
    const corrected = await correct(pass, { finding, look, value: current.value });
    if ("why" in corrected) {
      pass.deps.log.warn({ credential, place }, `not put right: ${corrected.why}`);
      still.push(notPutRight(finding, corrected.why));
      continue;
    }
    pass.deps.log.info({ credential, place }, "put right");
    gone.push(...present.filter((each) => each.place === place && each.kind !== "DoubleWriter"));
    places[place] = after(places[place], corrected.look);
  }
  return { memory: { ...memory, places }, gone, still };
}

/** From now on another change is a change again. */
function after(before: PlaceMemory | undefined, look: PlaceLook): PlaceMemory {
  if (!("sight" in look)) return { grade: look.grade, state: "left" };
  const { state, digest } = meaningOf(look.expected, look.sight);
  return { ...before, grade: look.grade, state, digest };
}
