/** Whoever sends the value is locked out when the vendor says that it is dead, or, where nobody has it, that it is not there any more. */
import type { IssuedKey } from "../../../adapters/contract.ts";
import type { SecretFields } from "../../../adapters/secret.ts";
import { accepts, idsOf, isClosed, nameOfTarget, revocationOf, settlesAt } from "../../domain/revocation.ts";
import type { World } from "../../domain/world.ts";
import type { Outcome, Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import type { Answer } from "./answer.ts";
import { cannotBeProbed, doubt, stillSettling } from "./answer.ts";
import { openBoth } from "./value.ts";

export async function askVendor(pass: Pass, world: World): Promise<Answer> {
  if (world.issuer.authority === "acceptors") return byAcceptors(world);
  const shown = toBeShown(pass, world);
  const listed = await askList(pass, world, shown && revocationOf(world.rotation).value?.id);
  if (listed) return listed;
  return shown ? askVerdict(pass, world, shown) : byList(pass, world);
}

/** Where a wrong value can lock the right one out, the vendor is asked what it has instead of being shown one. */
function toBeShown({ deps }: Pass, world: World): SecretFields | undefined {
  const isShown = world.issuer.negativeControl || !idsOf(world).some(({ id }) => id !== undefined);
  return isShown && revocationOf(world.rotation).value?.known === true ? openBoth(deps, world).old : undefined;
}

async function byList(pass: Pass, world: World): Promise<Answer> {
  const gone = await lastUse(pass, world, "The vendor does not list what was ended.");
  const { message = "" } = revocationOf(world.rotation).value ?? {};
  return gone ?? cannotBeProbed(`Neither its value nor its id is known to Velvet. ${message}`);
}

/** No vendor knows the value, and it is asked when no acceptor takes it any more: there is nobody left to send it to. */
function byAcceptors(world: World): Answer {
  const acceptors = world.consumers.filter(({ id }) => accepts(world, id));
  if (acceptors.length === 0)
    return cannotBeProbed("No vendor knows the value, and no consumer is named as its acceptor.");
  return { is: "locked-out", by: "acceptors", message: "No acceptor lets the old value in." };
}

/** What a verdict on the value does not speak of. Undefined: all of it is gone, or there is nothing of the kind. */
async function askList(pass: Pass, world: World, shownId: string | undefined): Promise<Answer | undefined> {
  const ids = idsOf(world)
    .filter(isClosed)
    .flatMap(({ id }) => (id === undefined || id === shownId ? [] : [id]));
  if (ids.length === 0) return undefined;
  const { outcome } = await effect(pass, { label: "issuer.list" }, async (signal) =>
    pass.deps.accounts.issuer(world.rotation.snapshot).list(signal),
  );
  if (outcome.kind !== "done") return doubt(outcome.cause);
  const there = outcome.value.filter((key) => key.enabled && ids.includes(key.id));
  if (there.length === 0) return undefined;
  return stillSettling(world, `The vendor still lists ${there.map((key: IssuedKey) => key.id).join(", ")}.`);
}

async function askVerdict(pass: Pass, world: World, value: SecretFields): Promise<Answer> {
  const { outcome } = await effect(pass, { label: "issuer.verify" }, async (signal) =>
    pass.deps.accounts.issuer(world.rotation.snapshot).verify(value, signal),
  );
  if (outcome.kind !== "done") return doubt(outcome.cause);
  const { liveness, message, retryAfterMs } = outcome.value;
  if (liveness === "dead") return (await lastUse(pass, world, message)) ?? { is: "locked-out", by: "vendor", message };
  if (liveness !== "alive") return doubt({ reason: "LockOutInconclusive", message, retryAfterMs });
  const until = settlesAt(world);
  if (until !== undefined && pass.journal.now() < until) {
    return stillSettling(world, `The vendor still accepts the old value: ${message}`);
  }
  return { is: "leaking", by: "vendor", message: `The vendor still accepts the old value: ${message}` };
}

/** The proof, with when it was last used, where the vendor tells. Undefined: nothing has an id. */
async function lastUse(pass: Pass, world: World, message: string): Promise<Answer | undefined> {
  const target = idsOf(world).findLast(({ id }) => id !== undefined);
  if (target?.id === undefined) return undefined;
  const { id } = target;
  const { outcome } = await effect(pass, { label: "issuer.usage" }, async (signal) =>
    pass.deps.accounts.issuer(world.rotation.snapshot).usage?.(id, signal),
  );
  return { is: "locked-out", by: "vendor", message: `${message}${usedText(outcome, nameOfTarget(target), target.at)}` };
}

/** A vendor that has ended it may know nothing more of it. */
function usedText(
  outcome: Outcome<{ readonly lastUsedAt?: string } | undefined>,
  name: string,
  endedAt: string | undefined,
): string {
  const at = outcome.kind === "done" ? outcome.value?.lastUsedAt : undefined;
  if (at === undefined) return "";
  const after = endedAt !== undefined && Date.parse(at) > Date.parse(endedAt);
  return ` ${name} was last used at ${at}${after ? ", after it was ended" : ""}.`;
}
