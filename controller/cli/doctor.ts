import { type Config, ConfigError, readConfig } from "../config.ts";
import type { Finding } from "../doctor/finding.ts";
import { missing, ok } from "../doctor/finding.ts";
import { checkCheckpointBranch } from "../doctor/checkpoint.ts";
import { checkLedger } from "../doctor/ledger.ts";
import { checkAccountsDir, checkEmbedded, checkGit, checkKek, checkNode } from "../doctor/machine.ts";
import { checkPlatform, checkRemote } from "../doctor/sources.ts";
import type { CommandContext, ExitCode } from "./command.ts";

export interface DoctorOptions {
  readonly output?: "json";
  /** On a cluster: where this person works. */
  readonly namespace?: string;
}

/** `velvet doctor`: what is missing to run here, each with the next step. Changes nothing. Ends with 1 when something is missing. */
export async function doctorCommand(context: CommandContext, options: DoctorOptions = {}): Promise<ExitCode> {
  const findings = [checkNode(process.versions.node), ...(await checkPlace(context, options))];
  const good = findings.every(({ result }) => result !== "missing");
  if (options.output === "json") context.out.json({ ok: good, findings });
  else print(context, findings);
  return good ? 0 : 1;
}

async function checkPlace(context: CommandContext, { namespace }: DoctorOptions): Promise<Finding[]> {
  const { cluster } = context;
  if (!cluster) return [checkGit(context.env), ...(await checkConfigured(context))];
  const [{ withCluster }, { checkCluster }] = await Promise.all([
    import("./cluster/open.ts"),
    import("./cluster/doctor.ts"),
  ]);
  return withCluster(context, cluster, async (open) =>
    checkCluster({ ...open, namespace: namespace ?? open.namespace }),
  );
}

async function checkConfigured(context: CommandContext): Promise<Finding[]> {
  let config: Config;
  try {
    config = readConfig(context.env, context.machine);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.mistakes.map((mistake) => missing("config", mistake, "Correct the environment."));
  }
  return [
    ok("config", "the environment is in order"),
    ...(config.databaseUrl === undefined ? checkEmbedded(config) : []),
    await checkKek(config),
    ...(await checkLedger(config)),
    ...(await checkCheckpointBranch(config, context.env, context.stop)),
    ...(await checkRemote(config, context.env, context.stop)),
    ...(await checkPlatform(config, context.stop)),
    ...checkAccountsDir(config),
  ];
}

function print({ out }: CommandContext, findings: readonly Finding[]): void {
  const marks = {
    ok: out.colours.green("ok     "),
    warn: out.colours.yellow("warning"),
    missing: out.colours.red("missing"),
  };
  for (const { check, result, message, remedy } of findings) {
    out.line(`${marks[result]}  ${check.padEnd(12)}  ${message}`);
    if (remedy !== undefined) out.line(`${" ".repeat(23)}${out.colours.bold(remedy)}`);
  }
}
