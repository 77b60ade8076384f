/** What only a rehearsal does, step by step. */
import type { RehearsalStep } from "../../domain/action.ts";
import type { World } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { finishRehearsal } from "./rehearsal-finish.ts";
import { proveGone } from "./rehearsal-gone.ts";
import { beginRemoval, endThrowaway } from "./rehearsal-removal.ts";
import { saveSlots } from "./rehearsal-slots.ts";

export const REHEARSE: Readonly<Record<RehearsalStep, (pass: Pass, world: World) => Promise<void>>> = {
  "save-slots": saveSlots,
  "begin-removal": beginRemoval,
  "end-throwaway": endThrowaway,
  "prove-gone": proveGone,
  finish: finishRehearsal,
};
