import { type Command, Option } from "commander";
import type { Run } from "./command.ts";
import type { ValidateOptions } from "./validate.ts";

const EXAMPLES = `
Examples:
  velvet validate                                         every manifest below this folder
  velvet validate --tree tenant teams/orders              as a tenant's tree: a VendorAccount is refused
  velvet validate --tree platform platform                as the platform's tree: only VendorAccounts
  velvet validate 'teams/*/requests/*.yaml'               what a pattern matches
  velvet request rotate orders-db … | velvet validate -   what another command wrote
  velvet validate --environment production                as the controller of production
  velvet validate --format github                         as annotations, in a workflow of GitHub Actions
  velvet validate --format sarif > velvet.sarif           for code scanning
  velvet validate --server --context staging -n orders teams/orders   as the API server and its policies would
  kubectl velvet validate --server -o sarif teams/orders              the same, for code scanning

Exit codes: 0 no problems, 1 problems, 2 nothing was validated.`;

export function addValidate(program: Command, run: Run): void {
  program
    .command("validate")
    .description(
      "check manifests as an API server and the controller would, with file, line and what was probably meant",
    )
    .argument("[paths...]", "files, folders, globs; - for stdin; default: the current folder")
    .addOption(new Option("--tree <tree>", "refuse what may not stand in this tree").choices(["tenant", "platform"]))
    .option("--environment <name>", "refuse Credentials of another environment")
    .addOption(
      new Option("-o, --format <format>", "how problems are told")
        .choices(["text", "json", "github", "sarif"])
        .default("text"),
    )
    .option("--server", "ask the API server too, with a dry run of each, as who you are there")
    .option("-n, --namespace <namespace>", "with --server: of manifests that name none; default: the context's")
    .option("--field-manager <name>", "with --server: who applies them, such as your GitOps controller", "velvet-cli")
    .addHelpText("after", EXAMPLES)
    .action(async (paths: readonly string[], options: ValidateOptions) =>
      run(async (context) => (await import("./validate.ts")).validateManifests(context, paths, options)),
    );
}
