/** `native-grace`: the vendor is asked to keep the old value for longer, as long as somebody may need it. */
import { nextFailure } from "../../domain/backoff.ts";
import { later } from "../../domain/duration.ts";
import { graceMs } from "../../domain/grace.ts";
import type { AttemptRow, World } from "../../domain/world.ts";
import type { Change } from "../../ledger/record.ts";
import type { Pass } from "../effect.ts";
import { effect } from "../effect.ts";

export async function moveGrace(pass: Pass, world: World, attempt: AttemptRow, id: string): Promise<void> {
  const issuer = pass.deps.accounts.issuer(world.rotation.snapshot);
  const until = later(pass.journal.now(), graceMs(world));
  const intent = (): Change => ({ audit: { event: "GraceMoveIntended", vendorId: id, until } });
  const performed = await effect(pass, { label: "issuer.moveGrace", attempt: attempt.id, intent }, async (signal) => {
    if (!issuer.moveGrace) throw new Error("a native-grace issuer can move the date");
    await issuer.moveGrace(id, until, signal);
  });
  const { outcome, effect: effects } = performed;
  await pass.journal.write((live, now) =>
    outcome.kind === "done"
      ? {
          audit: { event: "GraceMoved", vendorId: id, until },
          attempts: [{ ...attempt, graceUntil: until, mintClass: world.issuer.mintClass, fingerprints: {} }],
          effects,
        }
      : {
          audit: { event: "GraceNotMoved", vendorId: id, reason: outcome.cause.reason },
          facts: { ...live.facts, failure: nextFailure(live.facts.failure, outcome.cause, now, pass.deps.jitter()) },
          effects,
        },
  );
}
