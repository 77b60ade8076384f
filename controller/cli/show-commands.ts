/** The commands that only look: status, describe, history, wait. */
import { type Command, Option } from "commander";
import type { Run } from "./command.ts";
import type { DescribeOptions } from "./describe.ts";
import type { InvestigateOptions } from "./investigate.ts";
import type { HistoryOptions } from "./history.ts";
import { formatOption, namespaceOption, withExamples } from "./options.ts";
import type { StatusOptions } from "./status.ts";
import { onReading } from "./target.ts";
import type { WaitOptions } from "./wait.ts";

export function addStatus(program: Command, run: Run): void {
  const command = program
    .command("status")
    .argument("[request]", "show this one in detail")
    .description("show rotations: stage, gates, consumers, what remains")
    .addOption(namespaceOption())
    .option("-A, --all-namespaces", "on a cluster: of all namespaces")
    .option("-a, --all", "ended ones too")
    .option("--state <stage>", "only those in this stage: distribute_partial")
    .option("--credential <name>", "only those of this Credential")
    .option("--failed", "only what failed, is stalled or was refused")
    .option("--waiting", "only what waits for a person")
    .addOption(formatOption("table", "wide", "json", "yaml", "name"))
    .option("-w, --watch", "keep showing it until it has ended, or until Ctrl-C")
    .action(async (name: string | undefined, options: StatusOptions) =>
      run(async (context) =>
        onReading(context, async (reading) =>
          (await import("./status.ts")).statusCommand(context, name, options, reading),
        ),
      ),
    );
  withExamples(command, [
    ["velvet status", "what is under way, and what was refused"],
    ["velvet status --waiting", "what waits for a person"],
    ["velvet status orders/rotate-1 --watch", "one of them, until it has ended"],
    ["velvet status --all --credential orders-db -o wide", "all rotations of one Credential"],
    ["velvet status --failed -o name", "names only, for other commands"],
  ]);
}

export function addDescribe(program: Command, run: Run): void {
  const command = program
    .command("describe")
    .argument("<request>", "name of the RotationRequest")
    .description("everything about one rotation, and what a person can do now, with the commands")
    .addOption(namespaceOption())
    .addOption(formatOption("json", "yaml"))
    .action(async (name: string, options: DescribeOptions) =>
      run(async (context) =>
        onReading(context, async (reading) =>
          (await import("./describe.ts")).describeCommand(context, name, options, reading),
        ),
      ),
    );
  withExamples(command, [
    ["velvet describe orders/rotate-1", "for the one who is called at night"],
    ["velvet describe rotate-1 -o json | jq '.rotations[].nextSteps'", "only what can be done"],
  ]);
}

export function addInvestigate(program: Command, run: Run): void {
  const command = program
    .command("investigate")
    .argument("<request>", "name of the Revocation")
    .description("the ticket of a leak that goes on, in Markdown: who lets the old value in, and what to do")
    .addOption(namespaceOption())
    .addOption(formatOption("json"))
    .action(async (name: string, options: InvestigateOptions) =>
      run(async (context) =>
        onReading(context, async (reading) =>
          (await import("./investigate.ts")).investigateCommand(context, name, options, reading),
        ),
      ),
    );
  withExamples(command, [
    ["velvet investigate orders/leaked-1", "to read it"],
    ["velvet investigate leaked-1 | gh issue create -R acme/security -t leaked-1 -F -", "opens it at GitHub"],
    ["velvet investigate leaked-1 -o json | jq -r .title", "for another tracker"],
  ]);
}

export function addHistory(program: Command, run: Run): void {
  const command = program
    .command("history")
    .argument("[credential]", "only of this Credential")
    .description("rotations that have ended: how long, who asked, who approved, under which ticket")
    .addOption(namespaceOption())
    .option("-A, --all-namespaces", "on a cluster: of all namespaces")
    .option("--limit <count>", "the last so many", "20")
    .option("--failed", "only those that did not end as Done")
    .addOption(formatOption("json", "yaml"))
    .action(async (credential: string | undefined, options: HistoryOptions) =>
      run(async (context) =>
        onReading(context, async (reading) =>
          (await import("./history.ts")).historyCommand(context, credential, options, reading),
        ),
      ),
    );
  withExamples(command, [
    ["velvet history", "the last twenty"],
    ["velvet history orders/orders-db --limit 100", "of one Credential"],
    ["velvet history --failed -o json", "for a report"],
  ]);
}

/** Also checked at compile time against `GOALS` of `wait.ts`, which is not imported here: `--help` must be quick. */
const GOALS: readonly WaitOptions["for"][] = [
  "done",
  "ended",
  "gate",
  "verified",
  "minted",
  "distributed",
  "validated",
  "revoked",
];

export function addWait(program: Command, run: Run): void {
  const command = program
    .command("wait")
    .argument("<request>", "name of the RotationRequest")
    .description("wait until a rotation is done, at a gate, or at a stage")
    .addOption(new Option("--for <what>", "what to wait for").choices(GOALS).default("done"))
    .option("--timeout <duration>", "how long at most", "10m")
    .addOption(namespaceOption())
    .addOption(formatOption("json"))
    .action(async (name: string, options: WaitOptions) =>
      run(async (context) =>
        onReading(context, async (reading) => (await import("./wait.ts")).waitCommand(context, name, options, reading)),
      ),
    );
  withExamples(
    command,
    [
      ["velvet wait orders/rotate-1", "until it is done"],
      ["velvet wait rotate-1 --for gate --timeout 30m && velvet approve rotate-1 …", "until a person is needed"],
    ],
    "Exit codes: 0 it is so, 1 it cannot come to that, is stalled, or was asked wrongly, 2 the time is over.",
  );
}
