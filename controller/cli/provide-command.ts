import type { Command } from "commander";
import type { Run } from "./command.ts";
import { DECISION_CODES, decision, REQUEST } from "./decide-commands.ts";
import { controllerNamespaceOption, withExamples } from "./options.ts";
import type { ProvideOptions } from "./provide.ts";
import { deskOf } from "./target.ts";

export function addProvide(program: Command, run: Run): void {
  const base = decision(program, "provide", "hand in the value of a credential that only a person could make, sealed")
    .argument(...REQUEST)
    .option("--file <path>", "read the value there instead of from stdin")
    .option("--field <name>", "which field of the credential it is", "value")
    .option("--json", "the input is a JSON object of several fields")
    .option("--key-file <path>", "seal to this public key, as velvet seal --print-key prints it")
    .option("--credential <name>", "without ledger and cluster: which Credential the request rotates")
    .addOption(controllerNamespaceOption());
  const command = base.action(async (request: string, options: ProvideOptions) =>
    run(async (context) => (await import("./provide.ts")).provideCommand(context, request, options, deskOf(context))),
  );
  withExamples(
    command,
    [
      [
        "velvet provide rotate-1 --reason made --write decisions < token.txt",
        "to be merged: what is written is no secret",
      ],
      ["pass show plaid | velvet provide rotate-1 --reason made --now", "at once"],
      ["kubectl velvet provide rotate-1 --reason made < token.txt", "on a cluster"],
      ["velvet provide rotate-1 --reason made --json --file key.json", 'several fields: {"id": "…", "secret": "…"}'],
    ],
    DECISION_CODES,
  );
}
