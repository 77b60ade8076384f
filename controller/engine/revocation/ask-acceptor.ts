/** An acceptor is shown the old value. Only its own 401 or 403 says that it locks it out. */
import type { SecretFields } from "../../../adapters/secret.ts";
import { revocationOf, settlesAt } from "../../domain/revocation.ts";
import type { World } from "../../domain/world.ts";
import { specOf } from "../../domain/world.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";
import type { Answer } from "./answer.ts";
import { cannotBeProbed, doubt, stillSettling } from "./answer.ts";
import { openBoth } from "./value.ts";

export async function askAcceptor(pass: Pass, world: World, id: string): Promise<Answer> {
  const asking = means(pass, world, id);
  if ("is" in asking) return asking;
  const { door, old } = asking;
  const { outcome } = await effect(pass, { label: "check.lockOut", consumer: id }, async (signal) =>
    pass.deps.accounts.check(world.rotation.snapshot, door.account, door.endpoint).run(old, signal),
  );
  if (outcome.kind !== "done") return doubt(outcome.cause);
  const { outcome: said, message, retryAfterMs } = outcome.value;
  if (said === "unauthorized") return { is: "locked-out", by: "check", message };
  if (said !== "pass") return doubt({ reason: "LockOutInconclusive", message, retryAfterMs });
  const until = settlesAt(world);
  if (until !== undefined && pass.journal.now() < until) return stillSettling(world, FOR_A_WHILE);
  return { is: "leaking", by: "check", message: `It lets the old value in. ${message}` };
}

const FOR_A_WHILE = "It still lets the old value in, as the vendor allows for a while.";

/** What it is asked with, and where. */
function means(pass: Pass, world: World, id: string): { readonly door: Door; readonly old: SecretFields } | Answer {
  const { value } = revocationOf(world.rotation);
  if (value?.known !== true) return cannotBeProbed(`It cannot be shown the old value. ${value?.message ?? ""}`);
  const door = doorOf(world, id);
  if (!door) return cannotBeProbed("It has no http check that sends the value.");
  const { old } = openBoth(pass.deps, world);
  return old ? { door, old } : cannotBeProbed("The old value is not at hand.");
}

interface Door {
  readonly account: string;
  readonly endpoint: string;
}

/** What is not sent the value says nothing about it, whatever it answers. */
function doorOf(world: World, id: string): Door | undefined {
  const check = specOf(world, id).check;
  if (check?.type !== "http" || check.account === undefined || check.endpoint === undefined) return undefined;
  const { account, endpoint } = check;
  const found = world.rotation.snapshot.accounts[account]?.spec.endpoints?.find(({ name }) => name === endpoint);
  return found?.send === undefined || found.proves !== "credential" ? undefined : { account, endpoint };
}
