/** The operator's keys for checkpoints, from the environment or from files. */
import { readFile } from "node:fs/promises";
import type { Secret } from "../adapters/secret.ts";
import type { GivenKeys } from "./checkpoints/statement.ts";
import type { Config } from "./config.ts";
import { type CheckpointKey, givenKey } from "./custody/checkpoint-key.ts";
import { base64Key, Mistake } from "./settings.ts";

export class CheckpointKeyError extends Error {
  override readonly name = "CheckpointKeyError";
  readonly reason: "CheckpointKeyUnreadable" | "CheckpointKeyMalformed";
  readonly remedy: string;
  readonly stillFine = "Nothing was started.";

  constructor(reason: "CheckpointKeyUnreadable" | "CheckpointKeyMalformed", message: string, remedy: string) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** Empty: the key follows from the key-encryption key. Throws `CheckpointKeyError`. */
export async function givenCheckpointKeys(config: Config): Promise<GivenKeys> {
  const key = await keyFrom(config.checkpointKey, config.checkpointKeyFile);
  const previous = await keyFrom(config.previousCheckpointKey, config.previousCheckpointKeyFile);
  return { ...(key && { key }), ...(previous && { previous }) };
}

async function keyFrom(given: Secret | undefined, file: string | undefined): Promise<CheckpointKey | undefined> {
  if (given !== undefined) return givenKey(given);
  if (file === undefined) return undefined;
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new CheckpointKeyError(
      "CheckpointKeyUnreadable",
      `the key for checkpoints in ${file} cannot be read (${error.code})`,
      "Restore the file, or let Velvet's user read it.",
    );
  });
  try {
    return givenKey(base64Key(text));
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    throw new CheckpointKeyError(
      "CheckpointKeyMalformed",
      `${file} holds no key: ${error.message}`,
      "Restore the file.",
    );
  }
}
