/** The decisions on an old credential that lives on after its rotation: bring it back, end it, or say that it was ended by hand. */
import type { DecisionAction, RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import { answerAboutRetired } from "../domain/retired.ts";
import type { Trust, World } from "../domain/world.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { type DecisionManifest, decideOnRotation, type DecisionOptions } from "./decision.ts";
import type { DeskAccess, RetiredSubject } from "./desk.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { NoLedger } from "./ledger.ts";
import { deliver } from "./manifest.ts";
import { compact, namedBy, whoami } from "./names.ts";
import { printable } from "./output.ts";

export interface RetiredOptions extends DecisionOptions {
  /** The Credential's `credentialName`, typed by the person. */
  readonly confirm?: string;
}

/** Brings a quarantined old credential back to life. */
export async function restoreCommand(
  context: CommandContext,
  credential: string,
  vendorId: string,
  options: RetiredOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  const order = { action: "RestoreRetired", label: "restore", credential, vendorId } as const;
  return decideOnRetired(
    context,
    order,
    options,
    access,
    `${vendorId} works again at the vendor, beside the one in use. No consumer is written.`,
  );
}

/** Ends an old credential for good, before its quarantine is over. */
export async function destroyCommand(
  context: CommandContext,
  credential: string,
  vendorId: string,
  options: RetiredOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  const order = { action: "DestroyRetired", label: "destroy", credential, vendorId } as const;
  return decideOnRetired(
    context,
    order,
    options,
    access,
    `${vendorId} is removed at the vendor. This cannot be undone: nobody can restore it afterwards.`,
  );
}

export interface MarkRevokedOptions extends RetiredOptions {
  /** With `credential`: the retired id that was revoked by hand. */
  readonly vendorId?: string;
  readonly credential?: string;
}

/** Says that the old credential was revoked by hand: of a rotation at its revoke, or a retired id of a credential. */
export async function markRevokedCommand(
  context: CommandContext,
  request: string | undefined,
  options: MarkRevokedOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  const { credential, vendorId } = options;
  if (request !== undefined && credential === undefined && vendorId === undefined) {
    const deed = {
      label: "mark-revoked",
      doing: "Taking your word that it was ended at the vendor, in",
      choice: { action: "MarkRevoked" as const },
      tell: tellMarked,
    };
    return decideOnRotation(context, request, () => deed, options, access);
  }
  if (request !== undefined || credential === undefined || vendorId === undefined) {
    throw misuse("Name either a request, or --credential together with --vendor-id.", "Add --help to see both forms.");
  }
  const order = { action: "MarkRevoked", label: "mark-revoked", credential, vendorId } as const;
  return decideOnRetired(
    context,
    order,
    options,
    access,
    `Velvet will not look at ${vendorId} again, nor whether it is gone.`,
  );
}

/** What was ended by hand: the old credential, or what a mint whose answer was lost may have left. */
function tellMarked({ rotation }: World): readonly string[] {
  const old = rotation.facts.verify?.previousId ?? "the old credential";
  if (rotation.facts.settled !== undefined && rotation.facts.revoked === undefined) {
    return [
      "Velvet takes it that the lost mint has left nothing, goes on watching for it, and mints again.",
      `${old} stays in use, and is not touched by this.`,
    ];
  }
  return [`Velvet will not revoke ${old}, nor look whether it is gone.`];
}

interface RetiredOrder {
  readonly action: DecisionAction;
  readonly label: string;
  readonly credential: string;
  readonly vendorId: string;
}

async function decideOnRetired(
  context: CommandContext,
  order: RetiredOrder,
  options: RetiredOptions,
  access: DeskAccess,
  tells: string,
): Promise<ExitCode> {
  try {
    return await access(async (desk) => {
      const credential = await desk.retired(order.credential, options.namespace);
      const decidedBy = options.decidedBy ?? (await desk.whoami());
      const manifest = draft(context, order, { ...options, decidedBy }, credential.namespace);
      refuseHopeless(credential, manifest.spec, desk.trustOf(options));
      context.out.note(printable(tells));
      return desk.take(manifest, options);
    });
  } catch (error) {
    if (!(error instanceof NoLedger) || options.now === true) throw error;
    const decidedBy = options.decidedBy ?? (await whoami(context, "--decided-by"));
    context.out.note("There is no ledger here to ask, so nobody has checked yet whether this can be accepted.");
    const { namespace } = namedBy(order.credential, options.namespace);
    await deliver(context.out, draft(context, order, { ...options, decidedBy }, namespace), options.write);
    return 0;
  }
}

function draft(
  { clock }: CommandContext,
  { action, label, credential, vendorId }: RetiredOrder,
  options: RetiredOptions & { readonly decidedBy: string },
  namespace: string | undefined,
): DecisionManifest {
  const { name } = namedBy(credential, options.namespace);
  const { ticket, confirm, reason, decidedBy } = options;
  const spec: RotationDecisionSpec = {
    credentialRef: { name },
    action,
    vendorId,
    ...(ticket === undefined ? {} : { ticket }),
    ...(confirm === undefined ? {} : { confirm }),
    reason,
    decidedBy,
  };
  return {
    kind: "RotationDecision",
    name: options.name ?? `${name}-${label}-${compact(clock.now().toISOString())}`,
    ...(namespace === undefined ? {} : { namespace }),
    spec,
  };
}

/** What the engine would certainly refuse. Whether the vendor can restore is its adapter's to say, and is not foreseen. */
function refuseHopeless(subject: RetiredSubject, spec: RotationDecisionSpec, trust: Trust): void {
  const { namespace, name, credentialName, currentId, live, retired, snapshot } = subject;
  const state = retired.find(({ vendorId }) => vendorId === spec.vendorId)?.state ?? null;
  const answer = answerAboutRetired({ spec, trust, currentId, state, live, snapshot, canRestore: true });
  if (spec.confirm !== undefined && spec.confirm !== credentialName) {
    throw misuse(
      `--confirm says ${printable(spec.confirm)}, but ${printable(`${namespace}/${name} is ${credentialName}`)}. Nothing was written.`,
      "Type the name of the credential that you mean.",
    );
  }
  if (answer.state === "refused") throw hopeless(subject, answer.reason, answer.message);
}

function hopeless({ namespace, name, retired }: RetiredSubject, reason: string, message: string): CommandFailure {
  const open = retired.filter(({ state }) => state !== "destroyed" && state !== "manual");
  const ids = open.map(({ vendorId, state }) => `${vendorId} (${state})`).join(", ");
  const named = printable(`${namespace}/${name}`);
  return new CommandFailure(
    {
      happened: `This would be refused (${reason}): ${printable(message)}`,
      stillFine: "Nothing was written, and nothing was changed.",
      next: open.length === 0 ? `${named} has no old credential that lives.` : `${named} has: ${printable(ids)}.`,
    },
    2,
  );
}
