/** What all commands that decide have in common: ask the engine's own rules first, then write the manifest or record the decision. */
import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import type { Accepted, Ruling } from "../domain/ruling.ts";
import { rule } from "../domain/rule.ts";
import type { DecisionRow, World } from "../domain/world.ts";
import { ENDED } from "../domain/world.ts";
import type { RotationView } from "../ledger/views.ts";
import { recordAndWait } from "./answer.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { registryOf } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { type LedgerAccess, NoLedger } from "./ledger.ts";
import { deliver, type DraftManifest } from "./manifest.ts";
import { compact, findRotation, namedBy, whoami } from "./names.ts";
import { printable } from "./output.ts";
import { remedyOf } from "./remedy.ts";
import { worldOf } from "./world.ts";

export interface DecisionOptions {
  readonly reason: string;
  /** Default: git's `user.name`, else the account's name. */
  readonly decidedBy?: string;
  readonly ticket?: string;
  readonly name?: string;
  readonly namespace?: string;
  /** Folder to write to, instead of stdout. */
  readonly write?: string;
  /** Record it in the ledger and wait for the answer, instead of writing a manifest. */
  readonly now?: boolean;
  /** How long to wait for the answer: `30s`. */
  readonly timeout?: string;
  readonly output?: "yaml" | "json";
}

/** What is decided; who, why and about what comes from the options. */
export type Choice = Pick<RotationDecisionSpec, "action"> &
  Partial<Pick<RotationDecisionSpec, "gate" | "digest" | "consumer" | "confirm" | "vendorId">>;

export interface Deed {
  /** Between the request's name and the time, in the decision's name: `abort`. */
  readonly label: string;
  /** For a person: `Aborting`. */
  readonly doing: string;
  readonly choice: Choice;
  /** What it is about, line by line. */
  readonly shows?: readonly string[];
  /** What follows if it is accepted, line by line, before anything is written. */
  readonly tell?: (after: World, view: RotationView) => readonly string[];
}

/** Given the rotation as it is; undefined where there is no ledger to ask. Throws `CommandFailure` for what cannot be. */
export type Compose = (view: RotationView | undefined) => Deed;

export type DecisionManifest = Extract<DraftManifest, { kind: "RotationDecision" }>;

/**
 * Decides on one rotation. What the engine would certainly refuse is refused here, with exit code 2 and nothing written. Without a
 * ledger to ask, the manifest is written unchecked, and that is said.
 */
export async function decideOnRotation(
  context: CommandContext,
  request: string,
  compose: Compose,
  options: DecisionOptions,
  ledger: LedgerAccess,
): Promise<ExitCode> {
  const decidedBy = options.decidedBy ?? (await whoami(context, "--decided-by"));
  const known = { ...options, decidedBy };
  try {
    return await ledger(async (db) => {
      const view = await findRotation(db, request, options.namespace);
      const deed = compose(view);
      const manifest = draft(context, request, deed, known, view);
      await refuseHopeless(context, view, manifest.spec, deed, options.now === true);
      if (options.now === true) return recordAndWait(context, db, manifest, options);
      await deliver(context.out, manifest, options.write);
      return 0;
    });
  } catch (error) {
    if (!(error instanceof NoLedger) || options.now === true) throw error;
    const manifest = draft(context, request, composeOffline(compose, error), known, undefined);
    context.out.note("There is no ledger here to ask, so nobody has checked yet whether this can be accepted.");
    await deliver(context.out, manifest, options.write);
    return 0;
  }
}

/** What cannot be composed without a ledger needs one: then that is what is said. */
function composeOffline(compose: Compose, missing: NoLedger): Deed {
  const deed = compose(undefined);
  if (deed.choice.action === "Approve" && deed.choice.digest === undefined) throw missing;
  return deed;
}

function draft(
  { clock }: CommandContext,
  request: string,
  { label, choice }: Deed,
  options: DecisionOptions & { readonly decidedBy: string },
  view: RotationView | undefined,
): DecisionManifest {
  const { name, namespace } = namedBy(request, options.namespace);
  const place = view?.rotation.namespace ?? namespace;
  const { ticket, reason, decidedBy } = options;
  const spec: RotationDecisionSpec = {
    requestRef: { name },
    ...choice,
    ...(ticket === undefined ? {} : { ticket }),
    reason,
    decidedBy,
  };
  const suffix = choice.action === "Approve" ? short(choice.digest) : compact(clock.now().toISOString());
  return {
    kind: "RotationDecision",
    name: options.name ?? `${name}-${label}-${suffix}`,
    ...(place === undefined ? {} : { namespace: place }),
    spec,
  };
}

/** An approval of the same gate for the same digest is the same approval. */
function short(digest: string | undefined): string {
  return (digest ?? "").replace(/^sha256:/, "").slice(0, 8);
}

async function refuseHopeless(
  context: CommandContext,
  view: RotationView,
  spec: RotationDecisionSpec,
  deed: Deed,
  now: boolean,
): Promise<void> {
  const { out } = context;
  const { rotation } = view;
  if (ENDED.has(rotation.state)) throw ended(view);
  const world = worldOf(view, await registryOf(context));
  out.note(`${deed.doing} ${where(view)}, which rotates ${rotation.snapshot.credential.spec.credentialName}:`);
  deed.shows?.forEach((line) => out.note(`  ${printable(line)}`));
  if (!world) {
    out.note("  This Velvet lacks an adapter of it, so only the controller can say whether it is accepted.");
    return;
  }
  const ruling = rulingOn(world, spec, now ? "claimed" : "host", view.now);
  if (ruling?.verdict === "refused") throw refused(view, ruling.reason, ruling.message);
  if (ruling) deed.tell?.(after(world, ruling), view).forEach((line) => out.note(`  ${printable(line)}`));
  if (!now) warnOfTwoPeople(context, world);
}

function warnOfTwoPeople({ out }: CommandContext, { rotation }: World): void {
  const two = Object.values(rotation.snapshot.accounts).some(({ spec }) => spec.twoPerson === true);
  if (two) out.note("  Its account needs two people: it counts only if the source vouches for who you are.");
}

/** What the engine would answer now. `host` stands for the most that a source can vouch for. */
export function rulingOn(
  world: World,
  spec: RotationDecisionSpec,
  trust: DecisionRow["trust"],
  now: string,
): Ruling | undefined {
  return rule(world, { uid: "", name: "", spec, trust, appearedAt: now }, now);
}

function after(world: World, { facts, state, consumers = [] }: Accepted): World {
  const changed = new Map(consumers.map((row) => [row.id, row]));
  const rotation = { ...world.rotation, facts: facts ?? world.rotation.facts, state: state ?? world.rotation.state };
  return { ...world, rotation, consumers: world.consumers.map((row) => changed.get(row.id) ?? row) };
}

function where({ rotation }: RotationView): string {
  return printable(`${rotation.namespace}/${rotation.name}`);
}

function ended(view: RotationView): CommandFailure {
  return misuse(
    `${where(view)} has ended (${view.rotation.state}): nothing is left to decide. Nothing was written.`,
    `See what became of it with \`velvet describe ${where(view)}\`.`,
  );
}

function refused(view: RotationView, reason: string, message: string): CommandFailure {
  return new CommandFailure(
    {
      happened: `This would be refused (${reason}): ${printable(message)}`,
      stillFine: "Nothing was written, and the rotation goes on as before.",
      next: remedyOf(reason) ?? `See what is possible with \`velvet describe ${where(view)}\`.`,
    },
    2,
  );
}
