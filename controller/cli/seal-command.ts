import type { Command } from "commander";
import type { Run } from "./command.ts";
import { controllerNamespaceOption, namespaceOption } from "./options.ts";
import type { SealOptions } from "./seal.ts";

const EXAMPLES = `
Examples:
  velvet seal orders-api < token.txt              the value from a file, sealed, to stdout
  pass show orders/api | velvet seal orders-api   from another program
  velvet seal aws-key --json --file key.json      several fields: {"id": "…", "secret": "…"}
  kubectl velvet seal orders-api < token.txt      to the key that the controller publishes on the cluster
  velvet seal --print-key > velvet.pub            for a machine without ledger or cluster, there:
  velvet seal orders/orders-api --key-file velvet.pub < token.txt
The last line break of the value is left out. What comes out is no secret: it may stand in a manifest, as sealedValue.`;

export function addSeal(program: Command, run: Run): void {
  program
    .command("seal")
    .argument("[credential]", "for which Credential: only there does it open")
    .description("seal a value to Velvet's public key, so that it can stand in a manifest")
    .addOption(namespaceOption())
    .option("--file <path>", "read the value there instead of from stdin")
    .option("--field <name>", "which field of the credential it is", "value")
    .option("--json", "the input is a JSON object of several fields")
    .option("--key-file <path>", "seal to this public key, without ledger or cluster")
    .addOption(controllerNamespaceOption())
    .option("--print-key", "print the public key")
    .addHelpText("after", EXAMPLES)
    .action(async (credential: string | undefined, options: SealOptions) =>
      run(async (context) => (await import("./seal.ts")).sealCommand(context, credential, options)),
    );
}
