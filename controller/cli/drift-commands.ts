/** `velvet drift`, and the decisions below it. */
import type { Command } from "commander";
import type { Run } from "./command.ts";
import { decision, DECISION_CODES } from "./decide-commands.ts";
import type { DriftOptions } from "./drift.ts";
import type { DriftDecisionOptions } from "./drift-decisions.ts";
import { formatOption, namespaceOption, withExamples } from "./options.ts";
import { deskOf, onReading } from "./target.ts";

export function addDrift(program: Command, run: Run): void {
  const command = program
    .command("drift")
    .argument("[credential]", "show this one in detail")
    .description("what differs from what the ledger says: at consumers, in custody, at the vendor")
    .addOption(namespaceOption())
    .option("-A, --all-namespaces", "on a cluster: of all namespaces")
    .option("--drifted", "only those that differ")
    .addOption(formatOption("json", "yaml"))
    .action(async (credential: string | undefined, options: DriftOptions) =>
      run(async (context) =>
        onReading(context, async (reading) =>
          (await import("./drift.ts")).driftCommand(context, credential, options, reading),
        ),
      ),
    );
  withExamples(command, [
    ["velvet drift", "every Credential: whether it differs, and when it was looked at"],
    ["velvet drift orders/orders-db", "one of them: each place at the grade that it allows, and what to do"],
    ["velvet drift --drifted -o json", "for a report"],
  ]);
  addVerb(command, run, "correct", "have consumers written again with the value that the ledger knows");
  addVerb(command, run, "accept", "accept what differs, until it changes again");
}

function addVerb(drift: Command, run: Run, verb: "correct" | "accept", description: string): void {
  const command = decision(drift, verb, description)
    .argument("<credential>", "name of the Credential")
    .option("--consumer <id>", "only this one, or custody; default: all that differ")
    .action(async (credential: string, _: unknown, self: Command) => {
      // The parent takes some of the same options, and would keep them.
      const options = self.optsWithGlobals<DriftDecisionOptions>();
      return run(async (context) =>
        (await import("./drift-decisions.ts")).decideOnDrift(context, verb, credential, options, deskOf(context)),
      );
    });
  const examples = {
    correct: [['velvet drift correct orders-db --consumer orders-app --reason "edited by hand" --now', ""]],
    accept: [['velvet drift accept orders-db --ticket OPS-6 --reason "moved on purpose" --now', ""]],
  } as const;
  withExamples(command, examples[verb], DECISION_CODES);
}
