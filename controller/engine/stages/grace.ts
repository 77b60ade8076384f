/** `native-grace`: the vendor is asked to keep the old value for longer, as long as somebody may need it. */
import { nextFailure } from "../../domain/backoff.ts";
import { later } from "../../domain/duration.ts";
import { graceMs } from "../../domain/grace.ts";
import type { AttemptRow, World } from "../../domain/world.ts";
import type { Change } from "../../ledger/record.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";

const GONE = "AlreadyGone";

export async function moveGrace(pass: Pass, world: World, attempt: AttemptRow, id: string): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const until = later(pass.journal.now(), graceMs(world));
  const intent = (): Change => ({ audit: { event: "GraceMoveIntended", vendorId: id, until } });
  const performed = await effect(pass, { label: "issuer.moveGrace", attempt: attempt.id, intent }, async (signal) => {
    if (!issuer.moveGrace) throw new Error("a native-grace issuer can move the date");
    await issuer.moveGrace(id, until, signal);
  });
  const { outcome, effect: effects } = performed;
  await pass.journal.write((live, now) => {
    if (outcome.kind === "done") return { ...moved(world, attempt, id, until), effects };
    const { reason } = outcome.cause;
    if (reason === GONE) return { ...moved(world, attempt, id, undefined), effects };
    return {
      audit: { event: "GraceNotMoved", vendorId: id, reason },
      facts: { ...live.facts, failure: nextFailure(live.facts.failure, outcome.cause, now, pass.deps.jitter()) },
      effects,
    };
  });
}

/** Without a date: the vendor has ended it, and there is nothing to be moved any more. */
function moved(world: World, open: AttemptRow, vendorId: string, until: string | undefined): Change {
  const { graceUntil: _, ...attempt } = open;
  const date = until === undefined ? {} : { graceUntil: until };
  return {
    audit: until === undefined ? { event: "GraceOver", vendorId } : { event: "GraceMoved", vendorId, until },
    attempts: [{ ...attempt, ...date, mintClass: world.issuer.mintClass, fingerprints: {} }],
  };
}
