/** What several commands take. */
import { type Command, Option } from "commander";

export function namespaceOption(): Option {
  return new Option("-n, --namespace <namespace>", "where it is; or type <namespace>/<name>");
}

export function controllerNamespaceOption(): Option {
  return new Option(
    "--controller-namespace <namespace>",
    "on a cluster: where the controller runs and publishes its public key (default: velvet)",
  );
}

export function formatOption(...formats: readonly string[]): Option {
  return new Option("-o, --output <format>", "for programs").choices(formats);
}

export function dryRunOption(): Option {
  return new Option("--dry-run <how>", "on a cluster: show it, or let the API server check it, and keep nothing")
    .choices(["none", "client", "server"])
    .default("none");
}

/** As help shows them, below the options. */
export function withExamples(command: Command, examples: readonly (readonly [string, string])[], after = ""): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`.trimEnd());
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}${after === "" ? "" : `\n\n${after}`}`);
}
