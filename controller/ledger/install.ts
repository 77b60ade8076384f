import { publicKeyOf } from "../custody/box.ts";
import { checkpointKeyOf } from "../custody/checkpoint-key.ts";
import type { KeyRing, VersionedKey } from "../custody/key.ts";
import { assertKey, WrongKey } from "../custody/key.ts";
import { appendInstallAudit } from "./audit.ts";
import type { Db } from "./db.ts";
import { statement } from "./db.ts";

const MAKE = statement("make_install");
const GET = statement("get_install");
const MOVE_KEY = statement("move_install_key");
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

interface Row extends Install {
  readonly keyCheck: Buffer;
  readonly sealingKey: string;
  readonly checkpointKey: string | null;
}

export interface Install {
  readonly id: string;
  readonly environment: string;
}

/**
 * Claims a new ledger for this install, or checks that this one is ours: name, environment and key. Staging and production never
 * share a ledger. Where the key is one before the current one, the ledger goes on with the current one. `checkpointKey` is the first one
 * of a new ledger; later ones are named by those before them. Throws `WrongInstall` and `WrongKey`; nothing is changed then.
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
  if (found.key.id !== keys.id) await moveKey(db, keys, found.key);
}

/** From now on people seal to the current key. What was sealed before still opens, as long as the one before is given. */
async function moveKey(db: Db, keys: KeyRing, from: VersionedKey): Promise<void> {
  await db.transaction(async (tx) => {
    const moved = await tx.query(MOVE_KEY, [keys.check, publicKeyOf(keys), from.check]);
    if (moved.length > 0) await appendInstallAudit(tx, [{ event: "KeyChanged", from: from.id, to: keys.id }]);
  });
}

/** As `ensureInstall`, of a ledger that has been started before; writes nothing. */
export async function checkInstall(
  db: Db,
  wanted: Install,
  keys: KeyRing,
): Promise<{ readonly checkpointKey: string | null; readonly key: VersionedKey }> {
  const [found] = await db.query<Row>(GET);
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
  const key = assertKey(keys, found.keyCheck);
  if (found.sealingKey === publicKeyOf(key)) return { checkpointKey: found.checkpointKey, key };
  throw new WrongKey(
    "KeyMismatch",
    `The ledger's key-encryption key is ${found.sealingKey.split(":")[0]}, and given as ${key.id}. Nothing was changed.`,
    "Name every key before the current one in VELVET_KEK_PREVIOUS, oldest first; a retired one keeps its place as -.",
  );
}
