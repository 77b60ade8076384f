/** Where a person brings an outage about, and was told so. */
import type { Setup } from "../api.ts";
import type { OutageException } from "../judge/evidence.ts";
import type { Agenda } from "./agenda.ts";
import { liveRotation } from "./agenda.ts";
import type { Act } from "./people.ts";

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
