/** Every situation of the runbook in which a person is needed: the one list that the test, the script and the runbook are held to. */
import { ABORT_DRILLS } from "./abort.ts";
import { DISTRIBUTE_DRILLS } from "./distribute.ts";
import type { Drill } from "./drill.ts";
import { MINT_DRILLS } from "./mint.ts";
import { REVOKE_DRILLS } from "./revoke.ts";
import { VERIFY_DRILLS } from "./verify.ts";

export const DRILLS: readonly Drill[] = [
  ...VERIFY_DRILLS,
  ...MINT_DRILLS,
  ...DISTRIBUTE_DRILLS,
  ...REVOKE_DRILLS,
  ...ABORT_DRILLS,
];
