/** `npm run show:drills`: every situation of the runbook for real, and a table of what was shown, done, and where it ended. */
import { parseArgs } from "node:util";
import { openOutput } from "../../controller/cli/output.ts";
import { useServer } from "../support/postgres.ts";
import { startTestServer } from "../support/server.ts";
import { DRILLS } from "./drills.ts";
import { reportLines, runDrills, summaryLines } from "./report.ts";

const HELP = `Runs every drill of the runbook: a real engine on a real PostgreSQL, and vendors that are real servers on this machine.

Usage: npm run show:drills -- [options]

  --only <text>    only situations with this text in their name
  -o, --output     json: for programs; default: a table
  -h, --help

Exit codes: 0 all passed; 1 one failed; 2 misuse, nothing was run.`;

const { stdout, stderr, env } = process;
const out = openOutput({ stdout, stderr, noColour: env["NO_COLOR"] });

function optionsOf(): { readonly only: string; readonly output: string; readonly help: boolean } | undefined {
  const options = {
    only: { type: "string", default: "" },
    output: { type: "string", short: "o", default: "table" },
    help: { type: "boolean", short: "h", default: false },
  } as const;
  try {
    const { values } = parseArgs({ options });
    return values.output === "json" || values.output === "table" ? values : undefined;
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  const options = optionsOf();
  if (options === undefined || options.help) {
    if (options === undefined) out.note(HELP);
    else out.line(HELP);
    return options === undefined ? 2 : 0;
  }
  if (!DRILLS.some(({ situation }) => situation.includes(options.only))) {
    out.note(`No situation has ${JSON.stringify(options.only)} in its name.`);
    return 2;
  }
  const { server, stop } = await startTestServer();
  useServer(server);
  try {
    const rows = await runDrills(DRILLS, options.only, ({ situation, way, result, ms }) =>
      out.note(`${result === "passed" ? "ok" : "FAILED"}  ${situation}: ${way} (${ms} ms)`),
    );
    const isPassed = rows.every(({ result }) => result === "passed");
    if (options.output === "json") out.json({ passed: isPassed, drills: rows });
    else for (const line of [...reportLines(rows, out.colours), "", ...summaryLines(rows, out.colours)]) out.line(line);
    return isPassed ? 0 : 1;
  } finally {
    await stop();
  }
}

process.exitCode = await main();
