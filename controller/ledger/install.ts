import { publicKeyOf } from "../custody/box.ts";
import { checkpointKeyOf } from "../custody/checkpoint-key.ts";
import type { KeyRing } from "../custody/key.ts";
import { assertKey } from "../custody/key.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

const MAKE = statement("make_install");
const GET = statement("get_install");
const SET_CHECKPOINT_KEY = statement("set_checkpoint_key");

/** This ledger belongs to another install or environment. */
export class WrongInstall extends Error {
  override readonly name = "WrongInstall";
  readonly reason: "WrongInstall" | "WrongEnvironment";
  readonly remedy: string;

  constructor(reason: "WrongInstall" | "WrongEnvironment", message: string, remedy: string) {
    super(message);
    this.reason = reason;
    this.remedy = remedy;
  }
}

export interface Install {
  readonly id: string;
  readonly environment: string;
}

/**
 * Claims a new ledger for this install, or checks that this one is ours: name, environment and key. Staging and production never
 * share a ledger. `checkpointKey` is the first one of a new ledger; later ones are named by those before them. Throws `WrongInstall` and `WrongKey`; nothing is changed then.
 */
export async function ensureInstall(
  db: Db,
  wanted: Install,
  keys: KeyRing,
  checkpointKey: string = checkpointKeyOf(keys),
): Promise<void> {
  await db.query(MAKE, [wanted.id, wanted.environment, keys.check, publicKeyOf(keys), checkpointKey]);
  const found = await checkInstall(db, wanted, keys);
  // One from before there were checkpoints.
  if (found.checkpointKey === null) await db.query(SET_CHECKPOINT_KEY, [checkpointKey]);
}

/** As `ensureInstall`, of a ledger that has been started before; writes nothing. */
export async function checkInstall(
  db: Db,
  wanted: Install,
  keys: KeyRing,
): Promise<{ readonly checkpointKey: string | null }> {
  const [found] = await db.query<Install & { keyCheck: Buffer; checkpointKey: string | null }>(GET);
  if (!found) throw new Error("the ledger has no install row");
  if (found.environment !== wanted.environment) {
    throw new WrongInstall(
      "WrongEnvironment",
      `This ledger belongs to the environment ${found.environment}, and this controller to ${wanted.environment}. Nothing was changed.`,
      `Set VELVET_ENV=${found.environment}, or give this controller a ledger of its own.`,
    );
  }
  if (found.id !== wanted.id) {
    throw new WrongInstall(
      "WrongInstall",
      `This ledger belongs to the install ${found.id}, and this controller is ${wanted.id}. Nothing was changed.`,
      `Set VELVET_INSTALL=${found.id}, or give this controller a ledger of its own.`,
    );
  }
  assertKey(keys, found.keyCheck);
  return found;
}
