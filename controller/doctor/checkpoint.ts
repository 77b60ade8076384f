import { constants, existsSync } from "node:fs";
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Client } from "pg";
import { compare } from "../checkpoints/compare.ts";
import { signerOf } from "../checkpoints/statement.ts";
import type { Config } from "../config.ts";
import { REASONS } from "../domain/reasons.ts";
import { findKeys } from "../kek.ts";
import type { Statement } from "../ledger/db.ts";
import { type Hold, listHolds } from "../ledger/holds.ts";
import { type Finding, missing, ok, warn } from "./finding.ts";

const CHECK = "checkpoint";

/** Whether the ledger has what was published, as the controller asks it at its start. Without the key nobody can tell. */
export async function checkCheckpoint(client: Client, config: Config): Promise<Finding[]> {
  const keys = await findKeys(config).catch(() => undefined);
  if (keys === undefined) return [];
  const db = {
    query: async <Row>({ text }: Statement, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as Row[],
  };
  const file = config.checkpointFile;
  const { found, hold } = await compare(db, file, signerOf(config.install, keys));
  const [held = hold] = await listHolds(db);
  if (held !== undefined) return [notAsPublished(held)];
  const findings = await checkWritable(file);
  if (findings.length > 0) return findings;
  return [ok(CHECK, found.kind === "absent" ? `${file} will be published` : `the ledger has what ${file} says`)];
}

function notAsPublished({ reason, message }: Hold): Finding {
  const { remedy = "", commands = [] } = REASONS[reason] ?? {};
  return missing(CHECK, `Nothing is started. ${reason}: ${message}`, [remedy, ...commands.slice(-1)].join(" "));
}

async function checkWritable(file: string): Promise<Finding[]> {
  let folder = dirname(file);
  while (!existsSync(folder)) folder = join(folder, "..");
  const good = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (good) return [];
  const message = `No checkpoint can be published to ${file}, so a restored ledger would not be noticed.`;
  return [warn(CHECK, message, "Set VELVET_CHECKPOINT_FILE to a place that can be written.")];
}
