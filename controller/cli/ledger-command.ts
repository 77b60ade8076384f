/** `velvet ledger`: what a person decides about the ledger itself. */
import type { Command } from "commander";
import type { Run } from "./command.ts";
import type { LedgerAcceptOptions } from "./ledger-accept.ts";
import { formatOption, withExamples } from "./options.ts";
import { onLedger } from "./target.ts";

export function addLedger(program: Command, run: Run): void {
  const command = program
    .command("ledger")
    .description("the ledger itself")
    .command("accept")
    .description("go on with a restored ledger that is behind what was published (LedgerRollback)")
    .requiredOption("--reason <text>", "why")
    .option("--decided-by <who>", "who decides; default: git's user.name, else the account's name")
    .option("--ticket <ticket>", "where it is discussed")
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
