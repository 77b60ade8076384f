/** `velvet sweep`: whether everything at the vendors with this install's marker has an owner. */
import type { Command } from "commander";
import type { Run } from "./command.ts";
import { formatOption, withExamples } from "./options.ts";
import type { SweepOptions } from "./sweep.ts";
import { onLedger } from "./target.ts";

export function addSweep(program: Command, run: Run): void {
  const command = program
    .command("sweep")
    .argument("[account]", "name of a VendorAccount; default: each one that issues credentials")
    .description("whether everything at the vendors with this install's marker has an owner")
    .option("--now", "have a controller look now, and wait for it")
    .option("--timeout <seconds>", "with --now: how long to wait", "120")
    .addOption(formatOption("json"))
    .action(async (account: string | undefined, options: SweepOptions) =>
      run(async (context) =>
        onLedger(context, async (db) => (await import("./sweep.ts")).sweepCommand(context, account, options, db)),
      ),
    );
  withExamples(
    command,
    [
      ["velvet sweep", "how the last looks went; one is made every day"],
      ["velvet sweep heroku --now", "have this account looked at now"],
      ["velvet sweep -o json", "for a program"],
    ],
    "Exit codes: 0 everything has an owner, as far as it can be told; 1 something has none, or could not be listed; 2 misuse.",
  );
}
