/** Every situation of the runbook in which a person is needed: the one list that the test, the script and the runbook are held to. */
import { ABORT_DRILLS } from "./abort.ts";
import { BETWEEN_DRILLS } from "./between.ts";
import { DISTRIBUTE_DRILLS } from "./distribute.ts";
import type { Drill } from "./drill.ts";
import { LEAK_DRILLS } from "./leak.ts";
import { MINT_DRILLS } from "./mint.ts";
import { RESTORED_DRILLS } from "./restored.ts";
import { REVOKE_DRILLS } from "./revoke.ts";
import { STUCK_DRILLS } from "./stuck.ts";
import { VERIFY_DRILLS } from "./verify.ts";

export const DRILLS: readonly Drill[] = [
  ...VERIFY_DRILLS,
  ...MINT_DRILLS,
  ...DISTRIBUTE_DRILLS,
  ...REVOKE_DRILLS,
  ...ABORT_DRILLS,
  ...LEAK_DRILLS,
  ...BETWEEN_DRILLS,
  ...RESTORED_DRILLS,
  ...STUCK_DRILLS,
];
