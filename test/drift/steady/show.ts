/** `npm run show:false-alarms -- [looks] [seed]`: how often drift is told where there is none. */
import { randomUUID } from "node:crypto";
import { openBenchLedger } from "../../../bench/ledger.ts";
import { steady } from "./steady.ts";

const [looks = "100000", seed = randomUUID()] = process.argv.slice(2);
await using ledger = await openBenchLedger(24);
console.log(
  `Looks at 200 Credentials with a consumer of each grade; two replicas, one of them killed again and again; seed ${seed}.`,
);
let shown = 0;
const told = await steady(ledger.db, {
  seed,
  credentials: 200,
  looks: Number(looks),
  tell: (count) => {
    if (count - shown < 5_000) return;
    shown = count;
    process.stderr.write(`${count} looks\n`);
  },
});
console.log(
  `${told.looks} looks at ${told.places} places, between ${told.rotations} rotations; ${told.killed} times a replica was killed; ` +
    `${told.putOff} looks were put off.`,
);
console.log(`False alarms: ${told.alarms.length}. Corrections of what was right: ${told.corrections}.`);
for (const alarm of new Set(told.alarms)) console.log(`  ${alarm}`);
console.log(`Then another hand changed four places, of which three can be seen: ${told.seen.found} were.`);
process.exitCode = told.alarms.length + told.corrections === 0 && told.seen.found === told.seen.of ? 0 : 1;
