/** Acceptors that keep the old value in a second slot while callers change over. Pure. */
import type { ConsumerRow, World } from "./world.ts";
import { specOf } from "./world.ts";

/** Who was given the new value beside the old one, and has to drop the old one when everybody has changed over. */
export function secondSlots(world: Pick<World, "rotation" | "consumers">): readonly ConsumerRow[] {
  return world.consumers.filter((row) => row.touched && hasSecondSlot(world, row.id));
}

export function hasSecondSlot(world: Pick<World, "rotation">, id: string): boolean {
  return specOf(world, id).keys.some((key) => key.previousKey !== undefined);
}
