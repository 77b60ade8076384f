/** How a rehearsal ends: nothing of it becomes current, and what could not be taken back has a name and somebody who goes on with it. */
import { recovered } from "../../domain/backoff.ts";
import { isRehearsed } from "../../domain/plan-rehearsal.ts";
import { handedOver, rehearsalResidual } from "../../domain/rehearsal-left.ts";
import type { World } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { wiped } from "./finish.ts";

/** Done only where all of it is gone; else aborted, with what is left and who goes on with it. */
export async function finishRehearsal(pass: Pass, world: World): Promise<void> {
  const done = isRehearsed(world);
  const residual = rehearsalResidual(world);
  await pass.journal.write((live) => ({
    audit: { event: done ? "Done" : "RehearsalEnded", revoked: null, residual },
    state: done ? "done" : "aborted",
    facts: { ...recovered(live.facts), residual: [...(live.facts.residual ?? []), ...residual] },
    attempts: wiped(world),
    retired: handedOver(world).map((vendorId) => ({ vendorId, state: "live", destroyAfterMs: 0, residual: [] })),
    ended: true,
  }));
}
