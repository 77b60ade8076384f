/** The commands that ask for something: plan, request. */
import { type Command, Option } from "commander";
import type { Run } from "./command.ts";
import { dryRunOption, formatOption, namespaceOption, withExamples } from "./options.ts";
import type { PlanOptions } from "./plan.ts";
import type { RequestOptions } from "./request.ts";
import { onLedger } from "./target.ts";

interface PlanFlags extends PlanOptions {
  readonly file?: readonly string[];
}

export function addPlan(program: Command, run: Run): void {
  const command = program
    .command("plan")
    .argument("[name]", "a RotationRequest or a Credential; default: all that is requested or rotates")
    .description("say what would happen, with no effect: order, proofs, gates, what cannot be undone, what refuses it")
    .addOption(namespaceOption())
    .option("-f, --file <paths...>", "from manifests of tenant and platform, without a ledger")
    .option("-A, --all-namespaces", "on a cluster: of all namespaces")
    .addOption(formatOption("json"))
    .action(async (name: string | undefined, { file, ...options }: PlanFlags) =>
      run(async (context) => {
        if (file) return (await import("./plan-files.ts")).planFilesCommand(context, name, file, options);
        if (context.cluster) return (await import("./cluster/plan.ts")).planClusterCommand(context, name, options);
        return onLedger(context, async (db, ledger) =>
          (await import("./plan.ts")).planCommand(context, name, options, db, ledger),
        );
      }),
    );
  withExamples(
    command,
    [
      ["velvet plan", "all that is requested or under way"],
      ["velvet plan orders/orders-db", "as if a rotation were requested now"],
      ["velvet plan rotate-1 -o json", "one request, for a program"],
      ["kubectl velvet plan orders-db -n orders", "from what the cluster shows, with your own rights"],
      ["velvet plan --file platform teams/orders", "offline, before anything is merged"],
    ],
    "Exit codes: 0 nothing would change, 2 something would, 1 it would be refused, or was asked wrongly.",
  );
}

export function addRequest(program: Command, run: Run): void {
  const request = program
    .command("request")
    .description("write a RotationRequest, to be merged or applied; name and deadline are filled in");
  withExamples(request, [
    ['velvet request rotate orders-db --reason "the quarter"', "to stdout"],
    ["velvet request rotate orders-db --reason leaked --expect Dead", "after it was revoked at the vendor"],
    ['velvet request rotate orders-db --after leaked-1 --reason "after the leak"', "what follows a Revocation"],
    ["velvet request test orders-db --reason drill", "try it first, with a throwaway credential in test slots"],
    ["velvet request revoke orders-db --reason leaked --ticket SEC-1", "end it now, whoever still uses it"],
  ]);
  const rotate = flowCommand(request, "rotate", "rotate without downtime (flow Operational)").addOption(
    new Option("--expect <what>", "what the current one is expected to be").choices(["Alive", "Dead", "Absent"]),
  );
  rotate.option("--after <revocation>", "a Revocation that this follows: names it after that, and expects it Dead");
  const revoke = flowCommand(request, "revoke", "end the credential now (flow Revocation)").addOption(
    new Option("--target <which>", "which of them to end").choices(["Current", "Retired", "All"]),
  );
  const test = flowCommand(request, "test", "rehearse with a throwaway credential (flow Testing)").alias("rehearse");
  const flows = [
    [rotate, "Operational"],
    [revoke, "Revocation"],
    [test, "Testing"],
  ] as const;
  for (const [command, flow] of flows) {
    command.action(async (credential: string, options: Omit<RequestOptions, "flow">) =>
      run(async (context) => (await import("./request.ts")).requestCommand(context, credential, { ...options, flow })),
    );
  }
}

function flowCommand(request: Command, name: string, description: string): Command {
  const command = request
    .command(name)
    .argument("<credential>", "name of the Credential")
    .description(`write a request to ${description}`)
    .requiredOption("--reason <text>", "why")
    .option("--requested-by <who>", "who asks; default: git's user.name, else the account's name")
    .option("--ticket <ticket>", "where it is discussed")
    .option("--not-before <time>", "RFC 3339, or from now: 2h")
    .option("--deadline <time>", "RFC 3339, or from now", "7d")
    .option("--name <name>", "default: the credential's name and the time")
    .option("-n, --namespace <namespace>", "written into the manifest; git gives it by path, a cluster by its context")
    .addOption(new Option("--apply", "create it on the cluster, as who you are there").conflicts("write"))
    .addOption(dryRunOption())
    .addOption(new Option("-o, --output <format>", "yaml: print it, and create nothing").choices(["yaml"]))
    .option("--write <folder>", "write <folder>/<name>.yaml instead of stdout");
  return withExamples(command, [
    [`velvet request ${name} orders-db --reason "the quarter" > request.yaml`, ""],
    [`kubectl velvet request ${name} orders-db --reason "the quarter" --apply`, "on a cluster"],
    [`velvet request ${name} orders-db --reason drill --ticket OPS-1 --write teams/orders/requests`, ""],
  ]);
}
