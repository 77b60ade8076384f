/** `npm run show:restored`: a ledger is restored from a backup, and the vendors are asked what became of it. */
import { parseArgs } from "node:util";
import { reportLines } from "../../controller/cli/ledger-report-text.ts";
import { isBlind, digestOf } from "../../controller/checkpoints/report.ts";
import colours from "picocolors";
import { startTestServer } from "../support/server.ts";
import { drill, type DrillReport } from "./drill.ts";
import { STORIES } from "./stories.ts";

const HELP = `A ledger is backed up, everything goes on for a while, the backup is restored, its report is read and accepted. Then the vendors are
asked: whether each consumer holds what they accept, whether anything of ours lives that nobody owns, and whether the next rotation goes through.

  npm run show:restored -- [--only <story>]… [--blind] [-o json]

  --only <story>  only this one; may be given again. Stories: ${STORIES.map(({ name }) => name).join(", ")}
  --blind         as a control: the ledger is accepted as it is, and nothing of the report is written into it
  -o json         for a program
  --help          this

Exit codes: 0 all as promised; 1 something is not; 2 misuse.`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = {
    only: { type: "string", multiple: true },
    output: { type: "string", short: "o" },
    blind: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help === true) return (console.log(HELP), 0);
  const unknown = (values.only ?? []).filter((name) => !STORIES.some((story) => story.name === name));
  if (unknown.length > 0 || !["json", undefined].includes(values.output)) return (console.error(HELP), 2);
  const stories = STORIES.filter(({ name }) => values.only === undefined || values.only.includes(name));
  const { server, stop } = await startTestServer();
  try {
    const report = await drill(server, stories, {
      told: (line) => void process.stderr.write(`${line}\n`),
      blind: values.blind === true,
    });
    if (values.output === "json") console.log(JSON.stringify(report, undefined, 2));
    else tell(report);
    return isAsPromised(report) ? 0 : 1;
  } finally {
    await stop();
  }
}

function isAsPromised({ outcomes, outages, unowned }: DrillReport): boolean {
  return outages.length + unowned.length === 0 && outcomes.every(({ faults }) => faults.length === 0);
}

function tell({ holds, views, outcomes, outages, unowned }: DrillReport): void {
  const digest = digestOf(views);
  const credentials = views.map(({ namespace, name, lookedAt, truth }) => ({ namespace, name, lookedAt, truth }));
  const report = { digest, complete: !views.some(isBlind), holds, behind: [], credentials };
  console.log("\nvelvet ledger report\n");
  for (const line of reportLines(report, colours.createColors(false))) console.log(line);
  const width = Math.max(...outcomes.map(({ what }) => what.length));
  console.log("\nAfter the acceptance, as the vendors say:\n");
  for (const { what, truth, faults } of outcomes)
    console.log(
      `  ${what.padEnd(width)}  ${(truth?.happened ?? "-").padEnd(10)}  ${faults.length === 0 ? "as promised" : faults.join("; ")}`,
    );
  const harmed = [...new Set(outages.map((outage) => outage.split(" ")[0]))].join(", ") || "none";
  console.log(`\nConsumers that held, at any call, what their vendor refuses: ${harmed}.`);
  console.log(
    `Alive at a vendor, minted by Velvet, and nobody's: ${unowned.length === 0 ? "none" : unowned.join(", ")}.`,
  );
}
