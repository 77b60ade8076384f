import type { RotationDecisionSpec } from "../../crds/kinds.gen.ts";
import { summarize } from "../domain/summarize.ts";
import type { Gate } from "../domain/world.ts";
import type { Db } from "../ledger/db.ts";
import { listRotations, type RotationView } from "../ledger/views.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { deliver } from "./manifest.ts";
import { printable } from "./output.ts";

export interface ApproveOptions {
  /** Default: the gate that is open. */
  readonly gate?: Gate;
  /** What was shown to the person who approves; default: read from the ledger. */
  readonly digest?: string;
  /** The Credential's `credentialName`, typed by the person. */
  readonly confirm?: string;
  readonly ticket?: string;
  readonly decidedBy: string;
  readonly reason: string;
  readonly name?: string;
  readonly namespace?: string;
  /** Folder to write to, instead of stdout. */
  readonly write?: string;
}

/** What is about to be approved. */
interface Shown {
  readonly gate: Gate;
  readonly digest: string;
  readonly namespace?: string;
}

/** Opens the ledger when it is needed: with `--gate` and `--digest` it is not. */
export type LedgerAccess = <T>(work: (db: Db) => Promise<T>) => Promise<T>;

/** Writes a RotationDecision that approves the open gate of one rotation. Says on stderr what is being approved. */
export async function approveCommand(
  { out }: CommandContext,
  request: string,
  options: ApproveOptions,
  withLedger: LedgerAccess,
): Promise<ExitCode> {
  const { gate, digest, namespace } = await shown((text) => out.note(text), request, options, withLedger);
  if (gate === "Revoke") refuseCarelessRevoke(options);
  const spec: RotationDecisionSpec = {
    requestRef: { name: request },
    action: "Approve",
    gate,
    digest,
    ...(options.confirm === undefined ? {} : { confirm: options.confirm }),
    ...(options.ticket === undefined ? {} : { ticket: options.ticket }),
    reason: options.reason,
    decidedBy: options.decidedBy,
  };
  const name = options.name ?? `${request}-approve-${gate.toLowerCase()}-${digest.replace(/^sha256:/, "").slice(0, 8)}`;
  const place = options.namespace ?? namespace;
  await deliver(
    out,
    { kind: "RotationDecision", name, ...(place === undefined ? {} : { namespace: place }), spec },
    options.write,
  );
  return 0;
}

async function shown(
  note: (text: string) => void,
  request: string,
  { gate, digest, confirm, namespace }: ApproveOptions,
  withLedger: LedgerAccess,
): Promise<Shown> {
  if (gate !== undefined && digest !== undefined) {
    note(`Approving the ${gate} gate of ${request} for ${digest}, as given. The ledger was not asked.`);
    return { gate, digest };
  }
  const view = await withLedger(async (db) => findRotation(db, request, namespace));
  const open = summarize(view).gate;
  if (!open || (gate !== undefined && open.name !== gate)) throw notOpen(view, gate, open?.name);
  if (digest !== undefined && digest !== open.digest) throw outdated(request, open.digest);
  refuseOtherName(view, confirm);
  const { namespace: place, snapshot } = view.rotation;
  note(
    `Approving the ${open.name} gate of ${place}/${request}, which rotates ${snapshot.credential.spec.credentialName}:`,
  );
  note(`  ${printable(open.message)}`);
  note(`  digest ${open.digest}`);
  return { gate: open.name, digest: open.digest, namespace: place };
}

function refuseOtherName({ rotation }: RotationView, confirm: string | undefined): void {
  const { credentialName } = rotation.snapshot.credential.spec;
  if (confirm === undefined || confirm === credentialName) return;
  throw misuse(
    `--confirm says ${printable(confirm)}, but ${rotation.name} rotates ${credentialName}.`,
    "Look at the rotation with `velvet status` and type the name of the credential that you mean.",
  );
}

async function findRotation(db: Db, request: string, namespace: string | undefined): Promise<RotationView> {
  const found = await listRotations(db, { name: request, ...(namespace === undefined ? {} : { namespace }) });
  const [view, ...others] = found;
  if (!view) {
    throw new CommandFailure({
      happened: `The ledger has no rotation for the request ${request}.`,
      stillFine: "Nothing was written.",
      next: `See what there is with \`velvet status --all\`; a request that was refused says why.`,
    });
  }
  if (others.length > 0) {
    const names = found.map(({ rotation }) => rotation.namespace).join(", ");
    throw misuse(`${request} exists in several namespaces: ${names}.`, "Say which one with -n.");
  }
  return view;
}

function notOpen({ rotation }: RotationView, asked: Gate | undefined, open: Gate | undefined): CommandFailure {
  const which = asked === undefined ? "No gate" : `The ${asked} gate`;
  const instead = open === undefined ? "" : ` The ${open} gate is.`;
  return new CommandFailure({
    happened: `${which} of ${rotation.name} is open; the rotation is in ${rotation.state}.${instead}`,
    stillFine: "Nothing was written, and the rotation goes on as before.",
    next: `Follow it with \`velvet status ${rotation.name} --watch\`.`,
  });
}

function outdated(request: string, digest: string): CommandFailure {
  return new CommandFailure({
    happened: `What the open gate of ${request} would do is no longer what --digest was made for. It is now ${digest}.`,
    stillFine: "Nothing was written. An approval counts only for what was shown.",
    next: `Look again with \`velvet status ${request}\`.`,
  });
}

/** A revoke cannot be taken back, so its approval needs a ticket and the credential's name, typed. */
function refuseCarelessRevoke({ confirm, ticket }: ApproveOptions): void {
  const missing = [
    ...(confirm === undefined ? ["--confirm <credentialName>"] : []),
    ...(ticket === undefined ? ["--ticket <ticket>"] : []),
  ];
  if (missing.length === 0) return;
  throw misuse(`Approving a revoke needs ${missing.join(" and ")}.`, "Add what is missing; nothing was written.");
}
