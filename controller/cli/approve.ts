import type { Gate } from "../domain/world.ts";
import { abortLines } from "./abort-text.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { decideOnRotation, type DecisionOptions } from "./decision.ts";
import type { DeskAccess, Subject } from "./desk.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { printable } from "./output.ts";

export interface GateOptions extends DecisionOptions {
  /** Default: the gate that is open. */
  readonly gate?: Gate;
  /** What was shown to the person who decides; default: read from the ledger. */
  readonly digest?: string;
}

export interface ApproveOptions extends GateOptions {
  /** The Credential's `credentialName`, typed by the person. */
  readonly confirm?: string;
}

/** Approves the open gate of one rotation. Says on stderr what is being approved. */
export async function approveCommand(
  context: CommandContext,
  request: string,
  options: ApproveOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  const { confirm } = options;
  const compose = (subject: Subject | undefined) => {
    const { gate, digest, message } = gateOf(subject, options);
    if (gate === "Revoke") refuseCarelessRevoke(options);
    if (subject) refuseOtherName(subject, confirm);
    return {
      label: `approve-${gate.toLowerCase()}`,
      doing: `Approving the ${gate} gate of`,
      choice: { action: "Approve" as const, gate, digest, ...(confirm === undefined ? {} : { confirm }) },
      shows: [message, `digest ${digest}`],
    };
  };
  return decideOnRotation(context, request, compose, options, access);
}

/** Denies the open gate, which aborts the rotation. */
export async function denyCommand(
  context: CommandContext,
  request: string,
  options: GateOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  const compose = (subject: Subject | undefined) => {
    const { gate, digest } = gateOf(subject, options);
    const choice = { action: "Deny" as const, gate, digest };
    return { label: "deny", doing: `Denying the ${gate} gate of, and so aborting,`, choice, tell: abortLines };
  };
  return decideOnRotation(context, request, compose, options, access);
}

interface ShownGate {
  readonly gate: Gate;
  readonly digest: string;
  readonly message: string;
}

function gateOf(subject: Subject | undefined, { gate, digest }: GateOptions): ShownGate {
  if (!subject) {
    if (gate !== undefined && digest !== undefined) return { gate, digest, message: "" };
    throw misuse(
      "There is no ledger here to read the open gate and its digest from.",
      "Give both with --gate and --digest, or set DATABASE_URL or VELVET_DATA_DIR to those of the controller.",
    );
  }
  const open = subject.gate;
  if (!open || (gate !== undefined && open.name !== gate)) throw notOpen(subject, gate, open?.name);
  if (digest !== undefined && digest !== open.digest) throw outdated(subject, open.digest);
  return { gate: open.name, digest: open.digest, message: open.message };
}

function refuseOtherName({ name, credentialName }: Subject, confirm: string | undefined): void {
  if (confirm === undefined || confirm === credentialName) return;
  throw misuse(
    `--confirm says ${printable(confirm)}, but ${printable(`${name} rotates ${credentialName}`)}. Nothing was written.`,
    "Look at the rotation with `velvet describe` and type the name of the credential that you mean.",
  );
}

function notOpen(
  { namespace, name, state, ended }: Subject,
  asked: Gate | undefined,
  open: Gate | undefined,
): CommandFailure {
  const which = asked === undefined ? "No gate" : `The ${asked} gate`;
  const instead = open === undefined ? "" : ` The ${open} gate is.`;
  const place = printable(`${namespace}/${name}`);
  return new CommandFailure(
    {
      happened: `${which} of ${place} is open; the rotation is in ${state}.${instead}`,
      stillFine: `Nothing was written${ended ? "" : ", and the rotation goes on as before"}.`,
      next: ended
        ? `See what became of it with \`velvet describe ${place}\`.`
        : `Wait for a gate with \`velvet wait ${place} --for gate\`.`,
    },
    2,
  );
}

function outdated({ namespace, name }: Subject, digest: string): CommandFailure {
  const place = printable(`${namespace}/${name}`);
  return new CommandFailure(
    {
      happened: `What the open gate of ${place} would do is no longer what --digest was made for. It is now ${digest}.`,
      stillFine: "Nothing was written. An approval counts only for what was shown.",
      next: `Look again with \`velvet describe ${place}\`.`,
    },
    2,
  );
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
