import { readConfig } from "../config.ts";
import { openLog } from "../log.ts";
import { runController } from "../main.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { ownVersion } from "./version.ts";

/** Runs the controller until the first SIGINT or SIGTERM, then lets the steps that run end. A second signal ends it at once. */
export async function controllerCommand(context: CommandContext): Promise<ExitCode> {
  const { env, machine, clock, random, stop, out } = context;
  const config = readConfig(env, machine);
  const log = openLog({
    level: config.logLevel,
    stream: { write: (text) => out.raw(text), isTTY: out.live },
  });
  await runController({ config, environment: env, log, clock, random, stop, version: ownVersion() });
  return 0;
}
