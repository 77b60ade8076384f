/** Where the key-encryption key comes from. It never stands in the ledger. */
import { existsSync } from "node:fs";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Secret } from "../adapters/secret.ts";
import type { Config } from "./config.ts";
import { type KeyRing, keyRing } from "./custody/key.ts";
import { base64Key, Mistake } from "./settings.ts";

export class KekError extends Error {
  override readonly name = "KekError";
  readonly reason: "KekUnreadable" | "KekMalformed";
  readonly remedy: string;
  readonly stillFine = "Nothing was started.";

  constructor(reason: "KekUnreadable" | "KekMalformed", message: string, remedy: string) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}

/**
 * The key in base64: from `VELVET_KEK`, from `VELVET_KEK_FILE`, or, with the embedded Postgres, from `<data dir>/kek`, which is made at
 * the first start (0600). `random` gives uniformly random bytes. Throws `KekError`.
 */
export async function readKek(config: Config, random: (bytes: number) => Buffer): Promise<Secret> {
  const given = await findKek(config);
  if (given !== undefined) return given;
  const path = join(config.dataDir, "kek");
  await makeOnce(path, `${path}.${random(8).toString("hex")}`, `${random(32).toString("base64")}\n`);
  return keyIn(path);
}

/** All keys that are given, for a controller: as `readKek`, which makes one. Throws `KekError` and `WrongKey`. */
export async function readKeys(config: Config, random: (bytes: number) => Buffer): Promise<KeyRing> {
  return keyRing(await readKek(config, random), config.kekPrevious);
}

/** All keys that are given, as far as there is a current one; makes none. Throws `KekError` and `WrongKey`. */
export async function findKeys(config: Config): Promise<KeyRing | undefined> {
  const kek = await findKek(config);
  return kek && keyRing(kek, config.kekPrevious);
}

/** The key as far as there is one; makes none. Throws `KekError`. */
export async function findKek(config: Config): Promise<Secret | undefined> {
  if (config.kek !== undefined) return config.kek;
  const path = config.kekFile ?? join(config.dataDir, "kek");
  return config.kekFile === undefined && !existsSync(path) ? undefined : keyIn(path);
}

async function keyIn(path: string): Promise<Secret> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new KekError(
      "KekUnreadable",
      `the key-encryption key in ${path} cannot be read (${error.code})`,
      "Restore the file, or let Velvet's user read it.",
    );
  });
  try {
    return base64Key(text);
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    throw new KekError(
      "KekMalformed",
      `${path} holds no key-encryption key: ${error.message}`,
      "Restore the file from a backup.",
    );
  }
}

/** Whole and on disk before it has its name, and never replaced: a second first start takes the winner's. */
async function makeOnce(path: string, own: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(own, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await link(own, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await file.close();
    await rm(own, { force: true });
  }
}
