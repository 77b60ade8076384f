/** Every situation of the runbook in which a person is needed: the one list that the test, the script and the runbook are held to. */
import { DISTRIBUTE_DRILLS } from "./distribute.ts";
import type { Drill } from "./drill.ts";
import { MINT_DRILLS } from "./mint.ts";
import { VERIFY_DRILLS } from "./verify.ts";

export const DRILLS: readonly Drill[] = [...VERIFY_DRILLS, ...MINT_DRILLS, ...DISTRIBUTE_DRILLS];
