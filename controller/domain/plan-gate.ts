import type { Action } from "./action.ts";
import { gateDigest, gateFacts, needsApproval } from "./gates.ts";
import type { Gate, World } from "./world.ts";

/** Undefined: the gate is open. */
export function planGate(world: World, gate: Gate): Action | undefined {
  if (!needsApproval(world, gate)) return undefined;
  const facts = gateFacts(world, gate);
  const digest = gateDigest(world, gate);
  if (facts?.digest !== digest) return { do: "open-gate", gate, digest };
  return facts.approved ? undefined : { do: "wait", for: `${gate}Approval` };
}
