/** `velvet ledger`: what a person decides about the ledger itself. */
import type { Command } from "commander";
import type { Run } from "./command.ts";
import type { LedgerAcceptOptions } from "./ledger-accept.ts";
import type { LedgerReportOptions } from "./ledger-report.ts";
import { formatOption, withExamples } from "./options.ts";
import { onLedger } from "./target.ts";

export function addLedger(program: Command, run: Run): void {
  const ledger = program.command("ledger").description("the ledger itself");
  addReport(ledger, run);
  const command = ledger
    .command("accept")
    .description("go on with a restored ledger that is behind what was published (LedgerRollback)")
    .requiredOption("--reason <text>", "why")
    .option("--decided-by <who>", "who decides; default: git's user.name, else the account's name")
    .option("--ticket <ticket>", "where it is discussed")
    .option("--report <digest>", "accept only what this report said (velvet ledger report)")
    .option("--unseen", "go on with what the ledger says of Credentials that could not be looked at")
    .option("--timeout <seconds>", "how long to wait until a controller has looked at all of them", "120")
    .addOption(formatOption("json"))
    .action(async (options: LedgerAcceptOptions) =>
      run(async (context) =>
        onLedger(context, async (db) => (await import("./ledger-accept.ts")).ledgerAcceptCommand(context, options, db)),
      ),
    );
  withExamples(
    command,
    [
      ['velvet ledger accept --reason "disk lost, restored from Tuesday; vendors were checked" --ticket OPS-7', ""],
      ["velvet ledger accept --reason restored --decided-by ana -o json", "for a program"],
    ],
    "Run it where the controller runs, with its environment. Exit codes: 0 accepted; 1 nothing to accept, or it cannot be accepted.",
  );
}

function addReport(ledger: Command, run: Run): void {
  const command = ledger
    .command("report")
    .description("what happened in the time that a restored ledger has lost, and what accepting it does")
    .option("--look-again", "have everything looked at again first")
    .option("--timeout <seconds>", "how long to wait until a controller has looked at all of them", "120")
    .addOption(formatOption("json"))
    .action(async (options: LedgerReportOptions) =>
      run(async (context) =>
        onLedger(context, async (db) => (await import("./ledger-report.ts")).ledgerReportCommand(context, options, db)),
      ),
    );
  withExamples(
    command,
    [
      ["velvet ledger report", "for reading before velvet ledger accept"],
      ["velvet ledger report -o json", "for a program"],
    ],
    "Exit codes: 0 the report is complete; 1 nothing is held, or not everything could be seen.",
  );
}
