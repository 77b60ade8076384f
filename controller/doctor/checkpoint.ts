import { constants, existsSync } from "node:fs";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Client } from "pg";
import { givenCheckpointKeys } from "../checkpoint-keys.ts";
import { foundIn } from "../checkpoints/file.ts";
import { checkpointPublication } from "../checkpoint-publication.ts";
import { compare } from "../checkpoints/compare.ts";
import { signerOf } from "../checkpoints/statement.ts";
import type { Config } from "../config.ts";
import { REASONS } from "../domain/reasons.ts";
import { findKeys } from "../kek.ts";
import type { Statement } from "../ledger/db.ts";
import { type Hold, listHolds } from "../ledger/holds.ts";
import { type Finding, missing, ok, warn } from "./finding.ts";

const CHECK = "checkpoint";
const BRANCH = "checkpoints";

/** Whether the ledger has what was published, as the controller asks it at its start. Without the key nobody can tell. */
export async function checkCheckpoint(client: Client, config: Config): Promise<Finding[]> {
  const keys = await findKeys(config).catch(() => undefined);
  if (keys === undefined) return [];
  const db = {
    query: async <Row>({ text }: Statement, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as Row[],
  };
  const file = config.checkpointFile;
  const signer = signerOf(config.install, keys, await givenCheckpointKeys(config));
  const { found, hold } = await compare(db, file, signer);
  const [held = hold] = await listHolds(db);
  if (held !== undefined) return [notAsPublished(held)];
  const findings = await checkWritable(file);
  if (findings.length > 0) return findings;
  return [ok(CHECK, found.kind === "absent" ? `${file} will be published` : `the ledger has what ${file} says`)];
}

/** Whether the branch can be reached, and what it says. Whether the ledger has that, the controller finds out. Leaves nothing. */
export async function checkCheckpointBranch(
  config: Config,
  inherited: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), "velvet-doctor-"));
  try {
    const publication = checkpointPublication(config, inherited, folder);
    if (publication === undefined) return [];
    const { text } = await publication.read(signal);
    return [
      text === undefined ? ok(BRANCH, `${publication.name} will be begun`) : branchFinding(publication.name, text),
    ];
  } catch (error) {
    const message = error instanceof Error ? error.message : "It cannot be reached.";
    const remedy =
      "Check VELVET_CHECKPOINT_GIT_URL and its login, which must be able to push. Rotations do not wait for it.";
    return [warn(BRANCH, message, remedy)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function branchFinding(name: string, text: string): Finding {
  const found = foundIn(text);
  if (found.kind === "text" && found.published !== undefined)
    return ok(BRANCH, `${name} is of ${found.published.statement.at}`);
  return warn(BRANCH, `${name} holds no checkpoint where one should be.`, "Find out who pushed it.");
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
