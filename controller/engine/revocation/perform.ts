import type { RevocationStep } from "../../domain/action.ts";
import type { World } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { dropValue } from "./drop.ts";
import { endTarget } from "./end.ts";
import { abandonRevocation, finishRevocation } from "./finish.ts";
import { beginRevocation, fixTargets } from "./init.ts";
import { proveLockOut } from "./prove.ts";

export async function performRevocation(pass: Pass, world: World, step: RevocationStep): Promise<void> {
  switch (step.do) {
    case "fix-targets":
      return fixTargets(pass, world);
    case "begin":
      return beginRevocation(pass, world);
    case "end-target":
      return endTarget(pass, world, step.target);
    case "drop-value":
      return dropValue(pass, world, step.ids);
    case "prove-lock-out":
      return proveLockOut(pass, world, step.ids);
    case "finish":
      return finishRevocation(pass, world);
    case "abandon":
      return abandonRevocation(pass, world);
  }
}
