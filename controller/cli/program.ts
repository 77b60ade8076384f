import { randomBytes } from "node:crypto";
import { homedir } from "node:os";
import { Command, CommanderError, Option } from "commander";
import { addPlan, addRequest } from "./ask-commands.ts";
import { addAudit } from "./audit-command.ts";
import type { CommandContext, ExitCode, Run } from "./command.ts";
import { addCompletion } from "./completion-command.ts";
import { addDecisions } from "./decide-commands.ts";
import { addDrift } from "./drift-commands.ts";
import type { DoctorOptions } from "./doctor.ts";
import { CommandFailure, failureText } from "./failure.ts";
import type { MigrateCommandOptions } from "./migrate.ts";
import { openOutput, type Output } from "./output.ts";
import type { QuickstartOptions } from "./quickstart.ts";
import { addProvide } from "./provide-command.ts";
import { openProgress } from "./progress.ts";
import { addSchema } from "./schema-command.ts";
import { addSweep } from "./sweep-command.ts";
import { addSeal } from "./seal-command.ts";
import { addLedger } from "./ledger-command.ts";
import { addDescribe, addHistory, addInvestigate, addStatus, addWait } from "./show-commands.ts";
import { spoken, speaker } from "./spoken.ts";
import { addTarget, callOf, clusterOf, namespaceLast, refuseWithoutLedger } from "./target.ts";
import { addValidate } from "./validate-command.ts";
import { ownVersion } from "./version.ts";

/** The part of `process` that the entry hands over. */
export type ProcessFrame = Pick<NodeJS.Process, "env" | "stdin" | "stdout" | "stderr" | "once" | "off" | "getuid">;

/** How it was started. */
export interface Start {
  /** By kubectl: always about a cluster. */
  readonly plugin?: boolean;
}

/** Runs one command line, without `node` and the script. Never rejects; answers the exit code. */
export async function runVelvet(
  args: readonly string[],
  frame: ProcessFrame,
  { plugin = false }: Start = {},
): Promise<ExitCode> {
  const out = openOutput({ stdout: frame.stdout, stderr: frame.stderr, noColour: frame.env.NO_COLOR });
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  // "disconnect": whoever started this with a channel is gone
  frame.once("SIGINT", stop).once("SIGTERM", stop).once("disconnect", stop);
  frame.stdout.on("error", stop); // whoever reads has gone: `velvet status --watch | head`
  const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
  const context: CommandContext = {
    env: frame.env,
    stdin: frame.stdin,
    out,
    progress: openProgress(frame.stderr, clock.monotonicMs),
    clock,
    machine: { root: frame.getuid?.() === 0, home: homedir() },
    random: randomBytes,
    stop: stopping.signal,
  };
  let code: ExitCode = 0;
  const program = velvetProgram(out, async (action) => {
    code = await action(targeted(context, program, plugin));
  });
  if (plugin) program.name("kubectl velvet");
  program.hook("preAction", (_, command) => refuseWithoutLedger(command, clusterOf(program.opts(), plugin)));
  try {
    await program.parseAsync(namespaceLast(args), { from: "user" });
    return code;
  } catch (error) {
    const code = explain(error, targeted(context, program, plugin).out, frame.env.VELVET_DEBUG);
    return code === 2 && OWN_TWO.has(args[0] ?? "") ? 1 : code;
  } finally {
    frame.off("SIGINT", stop).off("SIGTERM", stop).off("disconnect", stop);
  }
}

/** About what the options say, and spoken as it was called. */
function targeted(context: CommandContext, program: Command, plugin: boolean): CommandContext {
  const cluster = clusterOf(program.opts(), plugin);
  const names = program.commands.map((command) => command.name());
  const out = spoken(context.out, speaker(callOf(program.opts(), plugin), names));
  return { ...context, out, ...(cluster === undefined ? {} : { cluster }) };
}

/** Where 2 is an answer, as with `terraform plan -detailed-exitcode`, misuse ends with 1. */
const OWN_TWO: ReadonlySet<string> = new Set(["plan", "wait"]);

/** What happened, what is still fine, what to do next. */
function explain(error: unknown, out: Output, debug: string | undefined): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { happened, stillFine, next } = failureText(error);
  out.note(happened);
  if (stillFine !== undefined) out.note(stillFine);
  out.note(next);
  if ((debug ?? "") !== "" && error instanceof Error && error.stack !== undefined) out.note(`\n${error.stack}`);
  return error instanceof CommandFailure ? error.exitCode : 1;
}

/** In the order in which people meet them. */
const GROUPS: readonly (readonly [string, readonly ((program: Command, run: Run) => void)[]])[] = [
  ["Begin:", [addQuickstart, addDoctor, addController, addMigrate]],
  ["Look:", [addStatus, addDescribe, addInvestigate, addWait, addDrift, addSweep, addHistory, addPlan]],
  ["Ask:", [addRequest]],
  ["Decide:", [addDecisions, addProvide]],
  ["Check:", [addValidate, addAudit]],
  ["More:", [addSeal, addSource, addLedger, addSchema, addCompletion]],
];

/** Every command, whether or not it is run: what the reference is made of. */
export function velvetProgram(out: Output, run: Run): Command {
  const program = new Command("velvet")
    .description("Rotates credentials the GitOps way: verify, mint, distribute, validate, and only then revoke.")
    .version(ownVersion(), "-V, --version")
    .exitOverride()
    .configureOutput({ writeOut: (text) => out.raw(text), writeErr: (text) => out.note(text.trimEnd()) })
    .showHelpAfterError("Add --help to see what there is.")
    .configureHelp({ showGlobalOptions: true });
  addTarget(program);
  for (const [heading, commands] of GROUPS) {
    program.commandsGroup(heading);
    for (const add of commands) add(program, run);
  }
  return program;
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function addQuickstart(program: Command, run: Run): void {
  program
    .command("quickstart")
    .description("rotate a real database login on this machine, in less than a minute, while its app keeps answering")
    .option("--keep", "leave everything running until Ctrl-C")
    .option("--dir <folder>", "where everything is put; must not exist yet")
    .addHelpText(
      "after",
      examples(
        "velvet quickstart                   rotate, prove, and end",
        "velvet quickstart --keep            leave it running, to look and to rotate once more",
      ),
    )
    .action(async (options: QuickstartOptions) =>
      run(async (context) => (await import("./quickstart.ts")).quickstartCommand(context, options)),
    );
}

function addController(program: Command, run: Run): void {
  program
    .command("controller")
    .description("run the controller until SIGTERM or Ctrl-C; configured by the environment")
    .addHelpText(
      "after",
      examples("velvet doctor && velvet controller", "VELVET_ROTATION=off velvet controller   only look and report"),
    )
    .action(async () => run(async (context) => (await import("./controller.ts")).controllerCommand(context)));
}

function addMigrate(program: Command, run: Run): void {
  program
    .command("migrate")
    .description("bring the ledger to this Velvet's schema, as the controller does at its start")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        "velvet migrate           before a new version starts",
        "velvet migrate -o json   what was done, for a pipeline",
      ),
    )
    .action(async (options: MigrateCommandOptions) =>
      run(async (context) => (await import("./migrate.ts")).migrateCommand(context, options)),
    );
}

function addDoctor(program: Command, run: Run): void {
  program
    .command("doctor")
    .description("say what is missing to run here, or to work on a cluster; changes nothing")
    .option("-n, --namespace <namespace>", "on a cluster: where you work; default: the context's")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples(
        "velvet doctor",
        "velvet doctor -o json             ends with 1 when something is missing",
        "kubectl velvet doctor -n orders   kinds, policies, controller, and what you may do there",
      ),
    )
    .action(async (options: DoctorOptions) =>
      run(async (context) => (await import("./doctor.ts")).doctorCommand(context, options)),
    );
}

function addSource(program: Command, run: Run): void {
  program
    .command("source")
    .description("where manifests come from")
    .command("accept")
    .argument("<source>", "its name, as `velvet status` shows it")
    .argument("<commit>", "the commit that you have read, with all its digits")
    .description("go on from a commit after the branch's history was rewritten (HistoryRewritten)")
    .addHelpText("after", `\nExample:\n  velvet source accept tenants 4b825dc642cb6eb9a060e54bf8d69288fbee4904`)
    .action(async (source: string, commit: string) =>
      run(async (context) => {
        const [{ acceptSourceCommand }, { withLedger }] = await Promise.all([
          import("./source.ts"),
          import("./ledger.ts"),
        ]);
        return withLedger(context, async (db) => acceptSourceCommand(context, source, commit, db));
      }),
    );
}

function jsonOption(): Option {
  return new Option("-o, --output <format>", "for programs").choices(["json"]);
}
