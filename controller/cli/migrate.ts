import { readConfig } from "../config.ts";
import { openLedger } from "../open.ts";
import type { CommandContext, ExitCode } from "./command.ts";

export interface MigrateCommandOptions {
  readonly output?: "json";
}

/** `velvet migrate`: brings the ledger to this Velvet's schema, as the controller does at its start. */
export async function migrateCommand(context: CommandContext, options: MigrateCommandOptions = {}): Promise<ExitCode> {
  const { out } = context;
  const ledger = await openLedger(readConfig(context.env, context.machine), {
    log: (line) => out.note(line),
    connections: 1,
  });
  await ledger.stop();
  const { migrated, auditProtection } = ledger;
  if (options.output === "json") {
    out.json({ migrated, auditProtection });
    return 0;
  }
  out.line(migrated.length === 0 ? "The ledger is up to date." : `Migrated: ${migrated.join(", ")}.`);
  if (auditProtection === "trigger") {
    out.note(
      "The controller's role owns the ledger, so only triggers keep it from changing audit rows. " +
        "Give it a role of its own, and the owner's URL in VELVET_MIGRATION_DATABASE_URL.",
    );
  }
  return 0;
}
