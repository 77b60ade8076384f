/** What all commands that decide have in common: ask the engine's own rules first, then write the manifest or record the decision. */
import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import type { Accepted, Ruling } from "../domain/ruling.ts";
import { rule } from "../domain/rule.ts";
import type { DecisionRow, World } from "../domain/world.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import type { Desk, DeskAccess, Subject } from "./desk.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { NoLedger } from "./ledger.ts";
import { deliver, type DraftManifest } from "./manifest.ts";
import { compact, namedBy, whoami } from "./names.ts";
import { printable } from "./output.ts";
import { remedyOf } from "./remedy.ts";

export interface DecisionOptions {
  readonly reason: string;
  /** Default: git's `user.name`, else the account's name. */
  readonly decidedBy?: string;
  readonly ticket?: string;
  readonly name?: string;
  readonly namespace?: string;
  /** Folder to write to, instead of stdout. */
  readonly write?: string;
  /** Record it in the ledger and wait for the answer, instead of writing a manifest. A cluster always does. */
  readonly now?: boolean;
  /** How long to wait for the answer: `30s`. */
  readonly timeout?: string;
  readonly output?: "yaml" | "json";
  /** On a cluster: `client` says what would be created, `server` asks the API server without keeping it. */
  readonly dryRun?: "none" | "client" | "server";
}

/** What is decided; who, why and about what comes from the options. */
export type Choice = Pick<RotationDecisionSpec, "action"> &
  Partial<Pick<RotationDecisionSpec, "gate" | "digest" | "consumer" | "confirm" | "vendorId" | "sealedValue">>;

export interface Deed {
  /** Between the request's name and the time, in the decision's name: `abort`. */
  readonly label: string;
  /** For a person: `Aborting`. */
  readonly doing: string;
  readonly choice: Choice;
  /** What it is about, line by line. */
  readonly shows?: readonly string[];
  /** What follows if it is accepted, line by line, before anything is written. */
  readonly tell?: (after: World) => readonly string[];
}

/** Given the rotation as it is; undefined where there is nobody to ask. Throws `CommandFailure` for what cannot be. */
export type Compose = (subject: Subject | undefined) => Deed;

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
  access: DeskAccess,
): Promise<ExitCode> {
  try {
    return await access(async (desk) => {
      const subject = await desk.subject(request, options.namespace);
      const deed = compose(subject);
      const decidedBy = options.decidedBy ?? (await desk.whoami());
      const manifest = draft(context, request, deed, { ...options, decidedBy }, subject.namespace);
      refuseHopeless(context, subject, manifest.spec, deed, desk, options);
      return desk.take(manifest, options);
    });
  } catch (error) {
    if (!(error instanceof NoLedger) || options.now === true) throw error;
    const known = { ...options, decidedBy: options.decidedBy ?? (await whoami(context, "--decided-by")) };
    const { namespace } = namedBy(request, options.namespace);
    const manifest = draft(context, request, composeOffline(compose, error), known, namespace);
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
  place: string | undefined,
): DecisionManifest {
  const { name } = namedBy(request, options.namespace);
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

function refuseHopeless(
  { out }: CommandContext,
  subject: Subject,
  spec: RotationDecisionSpec,
  deed: Deed,
  desk: Desk,
  options: DecisionOptions,
): void {
  if (subject.ended) throw ended(subject);
  out.note(`${deed.doing} ${where(subject)}, which rotates ${printable(subject.credentialName)}:`);
  deed.shows?.forEach((line) => out.note(`  ${printable(line)}`));
  const { world } = subject;
  if (!world) {
    out.note("  This Velvet lacks an adapter of it, so only the controller can say whether it is accepted.");
    return;
  }
  const trust = desk.trustOf(options);
  const ruling = rulingOn(world, spec, trust, subject.now);
  if (ruling?.verdict === "refused") {
    if (subject.isCertain(ruling.reason)) throw refused(subject, ruling.reason, ruling.message);
    out.note(`  It may be refused (${ruling.reason}): ${printable(ruling.message)} The controller decides.`);
  } else if (ruling) deed.tell?.(after(world, ruling)).forEach((line) => out.note(`  ${printable(line)}`));
  if (trust === "host") warnOfTwoPeople(out, world);
}

function warnOfTwoPeople(out: CommandContext["out"], { rotation }: World): void {
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

function where({ namespace, name }: Subject): string {
  return printable(`${namespace}/${name}`);
}

function ended(subject: Subject): CommandFailure {
  return misuse(
    `${where(subject)} has ended (${subject.state}): nothing is left to decide. Nothing was written.`,
    `See what became of it with \`velvet describe ${where(subject)}\`.`,
  );
}

function refused(subject: Subject, reason: string, message: string): CommandFailure {
  return new CommandFailure(
    {
      happened: `This would be refused (${reason}): ${printable(message)}`,
      stillFine: "Nothing was written, and the rotation goes on as before.",
      next: remedyOf(reason) ?? `See what is possible with \`velvet describe ${where(subject)}\`.`,
    },
    2,
  );
}
