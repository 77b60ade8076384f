/** After a change of the key-encryption key: what is sealed with one before it is sealed anew, as its rotation is next looked at. */
import type { SealScope } from "../custody/seal.ts";
import { resealed } from "../custody/seal.ts";
import type { World } from "../domain/world.ts";
import type { AttemptPatch } from "../ledger/record.ts";
import type { Pass } from "./effect.ts";

/** False: nothing was to be done. Then the key before is not needed by this rotation. */
export async function reseal(pass: Pass, world: World): Promise<boolean> {
  const { deps, journal } = pass;
  if (deps.keys.previous.length === 0) return false;
  const previous = sealedAnew(
    pass,
    world,
    { attempt: world.rotation.id, purpose: "previous" },
    world.rotation.sealedPrevious,
  );
  const attempts = world.attempts.flatMap((attempt): AttemptPatch[] => {
    const sealed = sealedAnew(pass, world, { attempt: attempt.id, purpose: "new" }, attempt.sealed)?.toString("base64");
    return sealed === undefined ? [] : [{ ...attempt, mintClass: world.issuer.mintClass, fingerprints: {}, sealed }];
  });
  if (!previous && attempts.length === 0) return false;
  await journal.write(() => ({
    audit: { event: "Resealed", key: deps.keys.id },
    ...(previous ? { sealedPrevious: previous } : {}),
    attempts,
  }));
  return true;
}

function sealedAnew(
  { deps }: Pass,
  { rotation }: World,
  place: Pick<SealScope, "attempt" | "purpose">,
  sealed: string | undefined,
): Buffer | undefined {
  if (sealed === undefined) return undefined;
  const scope = { install: deps.install, credential: rotation.credential, ...place };
  return resealed(deps.keys, scope, Buffer.from(sealed, "base64"));
}
