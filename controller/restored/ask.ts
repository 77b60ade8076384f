/** What the parts of one look at a restored Credential share. */
import type { Issuer, KeyId } from "../../adapters/contract.ts";
import type { SecretFields } from "../../adapters/secret.ts";
import type { Subject } from "../domain/restored/subject.ts";
import type { Snapshot } from "../domain/world.ts";
import type { Deps } from "../engine/deps.ts";
import { call } from "../engine/effect.ts";

/** One look at one Credential. */
export interface Look {
  readonly deps: Deps;
  readonly subject: Subject;
  readonly snapshot: Snapshot;
  readonly issuer: Issuer;
  readonly signal: AbortSignal;
}

/** Ends a look that cannot be concluded from. */
export class NotSeen extends Error {
  override readonly name = "NotSeen";
}

export async function identified(look: Look, value: SecretFields): Promise<KeyId | undefined> {
  const { issuer } = look;
  return asked(look, "restored.identify", async (signal) => issuer.identify(value, signal));
}

/** One question. Throws `NotSeen` where there was no answer. */
export async function asked<T>(
  { deps, signal }: Look,
  label: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const outcome = await call(deps, label, signal, work);
  if (outcome.kind === "done") return outcome.value;
  throw new NotSeen(`${outcome.cause.reason}: ${outcome.cause.message}`);
}

/** As the adapters are opened for a rotation; no request stands behind it. */
export function snapshotOf({ credential, namespace, name, generation, spec, accounts }: Subject): Snapshot {
  const request = { credentialRef: { name }, flow: "Operational", reason: "restored", requestedBy: "velvet" } as const;
  return {
    request: { namespace, name, spec: request },
    credential: { uid: credential, namespace, name, generation, spec },
    accounts,
  };
}
