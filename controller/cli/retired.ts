/** The decisions on an old credential that lives on after its rotation: bring it back, end it, or say that it was ended by hand. */
import type { DecisionAction, RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import { answerAboutRetired } from "../domain/retired.ts";
import type { World } from "../domain/world.ts";
import type { CredentialView } from "../ledger/credentials.ts";
import { listCredentials } from "../ledger/credentials.ts";
import type { Db } from "../ledger/db.ts";
import { recordAndWait } from "./answer.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { type DecisionManifest, decideOnRotation, type DecisionOptions } from "./decision.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { type LedgerAccess, NoLedger } from "./ledger.ts";
import { deliver } from "./manifest.ts";
import { compact, namedBy, whoami } from "./names.ts";
import { printable } from "./output.ts";
import { asIfNow } from "./plan.ts";

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
  ledger: LedgerAccess,
): Promise<ExitCode> {
  const order = { action: "RestoreRetired", label: "restore", credential, vendorId } as const;
  return decideOnRetired(
    context,
    order,
    options,
    ledger,
    `${vendorId} works again at the vendor, beside the one in use. No consumer is written.`,
  );
}

/** Ends an old credential for good, before its quarantine is over. */
export async function destroyCommand(
  context: CommandContext,
  credential: string,
  vendorId: string,
  options: RetiredOptions,
  ledger: LedgerAccess,
): Promise<ExitCode> {
  const order = { action: "DestroyRetired", label: "destroy", credential, vendorId } as const;
  return decideOnRetired(
    context,
    order,
    options,
    ledger,
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
  ledger: LedgerAccess,
): Promise<ExitCode> {
  const { credential, vendorId } = options;
  if (request !== undefined && credential === undefined && vendorId === undefined) {
    const deed = {
      label: "mark-revoked",
      doing: "Taking your word that the old credential is revoked in",
      choice: { action: "MarkRevoked" as const },
      tell: ({ rotation }: World) => [
        `Velvet will not revoke ${rotation.facts.verify?.previousId ?? "the old credential"}, nor look whether it is gone.`,
      ],
    };
    return decideOnRotation(context, request, () => deed, options, ledger);
  }
  if (request !== undefined || credential === undefined || vendorId === undefined) {
    throw misuse("Name either a request, or --credential together with --vendor-id.", "Add --help to see both forms.");
  }
  const order = { action: "MarkRevoked", label: "mark-revoked", credential, vendorId } as const;
  return decideOnRetired(
    context,
    order,
    options,
    ledger,
    `Velvet will not look at ${vendorId} again, nor whether it is gone.`,
  );
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
  ledger: LedgerAccess,
  tells: string,
): Promise<ExitCode> {
  const decidedBy = options.decidedBy ?? (await whoami(context, "--decided-by"));
  try {
    return await ledger(async (db) => {
      const credential = await findCredential(db, order.credential, options.namespace);
      const manifest = draft(context, order, { ...options, decidedBy }, credential.namespace);
      refuseHopeless(credential, manifest.spec, options.now === true);
      context.out.note(printable(tells));
      if (options.now === true) return recordAndWait(context, db, manifest, options);
      await deliver(context.out, manifest, options.write);
      return 0;
    });
  } catch (error) {
    if (!(error instanceof NoLedger) || options.now === true) throw error;
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

async function findCredential(db: Db, text: string, namespace: string | undefined): Promise<CredentialView> {
  const [credential, ...others] = await listCredentials(db, namedBy(text, namespace));
  if (!credential) throw unknownCredential(text);
  if (others.length === 0) return credential;
  const names = [credential, ...others].map((each) => each.namespace).join(", ");
  throw misuse(`${printable(text)} exists in several namespaces: ${names}.`, "Say which one with -n.");
}

/** What the engine would certainly refuse. Whether the vendor can restore is its adapter's to say, and is not foreseen. */
function refuseHopeless(credential: CredentialView, spec: RotationDecisionSpec, now: boolean): void {
  const { namespace, name, uid, generation, accounts, currentId, live, retired } = credential;
  const named = `${namespace}/${name}`;
  const asked = asIfNow(name, credential.now).spec;
  const answer = answerAboutRetired({
    spec,
    trust: now ? "claimed" : "host",
    currentId,
    state: retired.find(({ vendorId }) => vendorId === spec.vendorId)?.state ?? null,
    live,
    snapshot: {
      request: { namespace, name, spec: asked },
      credential: { uid, namespace, name, generation, spec: credential.spec },
      accounts,
    },
    canRestore: true,
  });
  if (spec.confirm !== undefined && spec.confirm !== credential.spec.credentialName) {
    throw misuse(
      `--confirm says ${printable(spec.confirm)}, but ${printable(named)} is ${credential.spec.credentialName}. Nothing was written.`,
      "Type the name of the credential that you mean.",
    );
  }
  if (answer.state === "refused") throw hopeless(credential, answer.reason, answer.message);
}

export function unknownCredential(text: string): CommandFailure {
  return new CommandFailure({
    happened: `The ledger knows no Credential ${printable(text)}.`,
    stillFine: "Nothing was written.",
    next: "See all with `velvet plan`. One that was just merged appears after the next sync of its source.",
  });
}

function hopeless({ namespace, name, retired }: CredentialView, reason: string, message: string): CommandFailure {
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
