/** The commands by which a person decides. Each writes a RotationDecision, or records it with `--now`. */
import { type Command, Option } from "commander";
import type { ApproveOptions, GateOptions } from "./approve.ts";
import type { Run } from "./command.ts";
import type { RetryOptions } from "./consumer-decisions.ts";
import type { DecisionOptions } from "./decision.ts";
import { dryRunOption, namespaceOption, withExamples } from "./options.ts";
import type { MarkRevokedOptions, RetiredOptions } from "./retired.ts";
import { deskOf } from "./target.ts";

export const REQUEST = ["<request>", "name of the RotationRequest"] as const;
export const DECISION_CODES =
  "Exit codes: 0 written, or accepted with --now; 1 refused or not answered; 2 it would certainly be refused, and nothing was written.";

/** What every decision takes. */
export function decision(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .requiredOption("--reason <text>", "why")
    .option("--decided-by <who>", "who decides; default: git's user.name, else the account's name")
    .option("--ticket <ticket>", "where it is discussed")
    .option("--name <name>", "default: made from what is decided")
    .addOption(namespaceOption())
    .addOption(
      new Option("--now", "record it in the ledger, and wait for the answer; on a cluster always").conflicts("write"),
    )
    .option("--timeout <duration>", "how long to wait for the answer; 0s: not at all", "30s")
    .addOption(new Option("-o, --output <format>", "yaml: the manifest; json: the answer").choices(["yaml", "json"]))
    .addOption(dryRunOption())
    .option("--write <folder>", "write <folder>/<name>.yaml instead of stdout");
}

function gateOptions(command: Command): Command {
  return command
    .argument(...REQUEST)
    .addOption(new Option("--gate <gate>", "default: the one that is open").choices(["Mint", "Revoke"]))
    .option("--digest <digest>", "what was shown; default: read from the ledger");
}

function confirmOption(command: Command, why: string): Command {
  return command.option("--confirm <credentialName>", `the Credential's credentialName, typed; ${why}`);
}

export function addDecisions(program: Command, run: Run): void {
  for (const add of [addApprove, addDeny, addAbort, addRetry, addConfirm, addSkip]) add(program, run);
  for (const add of [addMarkRevoked, addRestore, addDestroy, addResolveLeak]) add(program, run);
}

function addApprove(program: Command, run: Run): void {
  const command = confirmOption(gateOptions(decision(program, "approve", "open a gate")), "needed to revoke").action(
    async (request: string, options: ApproveOptions) =>
      run(async (context) => (await import("./approve.ts")).approveCommand(context, request, options, deskOf(context))),
  );
  withExamples(
    command,
    [
      ["velvet approve rotate-1 --reason ok --confirm ORDERS_DB --ticket OPS-1 --write decisions", "to be merged"],
      ["velvet approve rotate-1 --reason ok --confirm ORDERS_DB --ticket OPS-1 --now", "at once"],
      ["velvet approve rotate-1 --gate Mint --digest sha256:… --reason ok", "without a ledger, as shown elsewhere"],
      ["kubectl velvet approve rotate-1 --reason ok --confirm ORDERS_DB --ticket OPS-1", "on a cluster"],
    ],
    DECISION_CODES,
  );
}

function addDeny(program: Command, run: Run): void {
  const command = gateOptions(decision(program, "deny", "keep a gate shut, which aborts the rotation")).action(
    async (request: string, options: GateOptions) =>
      run(async (context) => (await import("./approve.ts")).denyCommand(context, request, options, deskOf(context))),
  );
  withExamples(command, [['velvet deny rotate-1 --reason "not before the sale" --now', ""]], DECISION_CODES);
}

function addAbort(program: Command, run: Run): void {
  const command = decision(program, "abort", "abort a rotation; says first exactly what will be where")
    .argument(...REQUEST)
    .action(async (request: string, options: DecisionOptions) =>
      run(async (context) => (await import("./abort.ts")).abortCommand(context, request, options, deskOf(context))),
    );
  withExamples(command, [['velvet abort orders/rotate-1 --reason "wrong credential" --now', ""]], DECISION_CODES);
}

function addRetry(program: Command, run: Run): void {
  const command = decision(program, "retry", "try what failed again now, instead of at its next try")
    .argument(...REQUEST)
    .argument("[consumer]", "only this consumer, or custody")
    .option("--revoke", "insist on a revoke that failed, or that is held back because the old one is in use")
    .action(async (request: string, consumer: string | undefined, options: RetryOptions) =>
      run(async (context) =>
        (await import("./consumer-decisions.ts")).retryCommand(context, request, consumer, options, deskOf(context)),
      ),
    );
  withExamples(
    command,
    [
      ['velvet retry rotate-1 --reason "the disk has room again" --now', "all that failed"],
      ["velvet retry rotate-1 orders-app --reason restarted --now", "one consumer"],
      ["velvet retry rotate-1 --revoke --reason drained --now", "the revoke"],
    ],
    DECISION_CODES,
  );
}

function addConfirm(program: Command, run: Run): void {
  const command = decision(program, "confirm", "say that a consumer works with the new credential, after looking")
    .argument(...REQUEST)
    .argument("<consumer>", "id of the consumer")
    .action(async (request: string, consumer: string, options: DecisionOptions) =>
      run(async (context) =>
        (await import("./consumer-decisions.ts")).confirmCommand(context, request, consumer, options, deskOf(context)),
      ),
    );
  withExamples(
    command,
    [['velvet confirm rotate-1 orders-app --reason "logged in by hand" --now', ""]],
    DECISION_CODES,
  );
}

function addSkip(program: Command, run: Run): void {
  const command = decision(program, "skip", "leave a consumer out of a rotation; needs a ticket")
    .argument(...REQUEST)
    .argument("<consumer>", "id of the consumer")
    .action(async (request: string, consumer: string, options: DecisionOptions) =>
      run(async (context) =>
        (await import("./consumer-decisions.ts")).skipCommand(context, request, consumer, options, deskOf(context)),
      ),
    );
  withExamples(
    command,
    [["velvet skip rotate-1 old-app --ticket OPS-2 --reason decommissioned --now", ""]],
    DECISION_CODES,
  );
}

function addMarkRevoked(program: Command, run: Run): void {
  const base = decision(program, "mark-revoked", "say that an old credential was revoked by hand; needs a ticket")
    .argument("[request]", "a rotation at its revoke")
    .option("--credential <name>", "a Credential, instead of a request")
    .option("--vendor-id <id>", "with --credential: which of its old ones");
  const command = base.action(async (request: string | undefined, options: MarkRevokedOptions) =>
    run(async (context) =>
      (await import("./retired.ts")).markRevokedCommand(context, request, options, deskOf(context)),
    ),
  );
  withExamples(
    command,
    [
      ['velvet mark-revoked rotate-1 --ticket OPS-3 --reason "removed in the console" --now', ""],
      ["velvet mark-revoked --credential orders-db --vendor-id orders@3 --ticket OPS-3 --reason removed", ""],
    ],
    DECISION_CODES,
  );
}

function addResolveLeak(program: Command, run: Run): void {
  const base = decision(program, "resolve-leak", "say that a consumer lets the old value in no more; needs a ticket");
  const command = base
    .argument(...REQUEST)
    .argument("[consumer]", "id of the consumer; default: all that leak")
    .action(async (request: string, consumer: string | undefined, options: DecisionOptions) =>
      run(async (context) =>
        (await import("./resolve-leak.ts")).resolveLeakCommand(context, request, consumer, options, deskOf(context)),
      ),
    );
  withExamples(
    command,
    [['velvet resolve-leak leaked-1 orders-api --ticket SEC-7 --reason "its cache was emptied" --now', ""]],
    DECISION_CODES,
  );
}

function addRestore(program: Command, run: Run): void {
  const base = decision(program, "restore", "bring a quarantined old credential back to life");
  const command = retiredArguments(base).action(async (credential: string, vendorId: string, options: RetiredOptions) =>
    run(async (context) =>
      (await import("./retired.ts")).restoreCommand(context, credential, vendorId, options, deskOf(context)),
    ),
  );
  withExamples(
    command,
    [['velvet restore orders-db orders@3 --ticket OPS-4 --reason "a job still uses it" --now', ""]],
    DECISION_CODES,
  );
}

function addDestroy(program: Command, run: Run): void {
  const base = decision(program, "destroy", "end an old credential for good, before its quarantine is over");
  const command = retiredArguments(base).action(async (credential: string, vendorId: string, options: RetiredOptions) =>
    run(async (context) =>
      (await import("./retired.ts")).destroyCommand(context, credential, vendorId, options, deskOf(context)),
    ),
  );
  withExamples(
    command,
    [["velvet destroy orders-db orders@3 --ticket OPS-5 --reason unused --now", ""]],
    DECISION_CODES,
  );
}

function retiredArguments(command: Command): Command {
  return confirmOption(
    command
      .argument("<credential>", "name of the Credential")
      .argument("<vendor-id>", "the vendor's id of the old one"),
    "checked where it is given",
  );
}
