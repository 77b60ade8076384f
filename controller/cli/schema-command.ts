import { type Command, Argument } from "commander";
import type { Run } from "./command.ts";
import type { SchemaOptions } from "./schema.ts";

const EXAMPLES = `
Examples:
  velvet schema                         one schema for all kinds, to stdout
  velvet schema Credential              of one kind
  velvet schema --write .schemas        a file for each kind, and velvet.json for all
Then, as the first line of a manifest, for editors with the YAML language server:
  # yaml-language-server: $schema=../.schemas/velvet.json`;

export function addSchema(program: Command, run: Run): void {
  program
    .command("schema")
    .description("print the JSON Schema of the manifests, for editors")
    .addArgument(
      new Argument("[kind]", "default: all kinds in one").choices([
        "VendorAccount",
        "Credential",
        "RotationRequest",
        "RotationDecision",
      ]),
    )
    .option("--write <folder>", "write files there instead, for all kinds")
    .addHelpText("after", EXAMPLES)
    .action(async (kind: string | undefined, options: SchemaOptions) =>
      run(async (context) => (await import("./schema.ts")).schemaCommand(context, kind, options)),
    );
}
