/** What several commands take. */
import { type Command, Option } from "commander";
import type { CommandContext, ExitCode } from "./command.ts";
import type { Db } from "../ledger/db.ts";
import type { OpenLedger } from "../open.ts";
import type { LedgerAccess } from "./ledger.ts";

export function namespaceOption(): Option {
  return new Option("-n, --namespace <namespace>", "where it is; or type <namespace>/<name>");
}

export function formatOption(...formats: readonly string[]): Option {
  return new Option("-o, --output <format>", "for programs").choices(formats);
}

/** As help shows them, below the options. */
export function withExamples(command: Command, examples: readonly (readonly [string, string])[], after = ""): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`.trimEnd());
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}${after === "" ? "" : `\n\n${after}`}`);
}

/** Opens the ledger for one command that reads. */
export async function onLedger(
  context: CommandContext,
  work: (db: Db, ledger: OpenLedger) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { withLedger } = await import("./ledger.ts");
  return withLedger(context, work);
}

/** Opens it when it is needed. */
export function ledgerOf(context: CommandContext): LedgerAccess {
  return async (work) => {
    const { withLedger } = await import("./ledger.ts");
    return withLedger(context, work);
  };
}
