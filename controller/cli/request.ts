import type { RotationRequestSpec } from "../../crds/kinds.gen.ts";
import { durationMs, later } from "../domain/duration.ts";
import { followUpName } from "../domain/follow-up.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { misuse } from "./failure.ts";
import { deliver, type DraftManifest } from "./manifest.ts";
import { compact, whoami } from "./names.ts";

export interface RequestOptions {
  readonly reason: string;
  /** Default: git's `user.name`, else the account's name. */
  readonly requestedBy?: string;
  readonly ticket?: string;
  readonly flow: RotationRequestSpec["flow"];
  readonly expect?: NonNullable<RotationRequestSpec["expect"]>;
  /** A Revocation that this follows: names the request after it, and expects what it ended to be dead. */
  readonly after?: string;
  readonly target?: NonNullable<RotationRequestSpec["target"]>;
  /** RFC 3339, or a duration from now. */
  readonly notBefore?: string;
  readonly deadline: string;
  readonly name?: string;
  readonly namespace?: string;
  /** Folder to write to, instead of stdout. */
  readonly write?: string;
  /** Create it on the cluster. */
  readonly apply?: boolean;
  readonly dryRun?: "none" | "client" | "server";
  readonly output?: "yaml";
}

/**
 * Writes a RotationRequest for one Credential, which works without a ledger: it is only a file until it is merged or applied. With `apply`
 * it is created, by whom the API server knows.
 */
export async function requestCommand(
  context: CommandContext,
  credential: string,
  options: RequestOptions,
): Promise<ExitCode> {
  if (options.apply !== true && (options.dryRun ?? "none") !== "none") {
    throw misuse("--dry-run says what --apply would do.", "Add --apply; without it nothing is sent anywhere.");
  }
  if (options.apply === true) {
    const { applyRequest } = await import("./cluster/request.ts");
    return applyRequest(
      context,
      (requestedBy, namespace) => draftRequest(context, credential, { ...options, requestedBy, namespace }),
      options,
    );
  }
  const requestedBy = options.requestedBy ?? (await whoami(context, "--requested-by"));
  await deliver(context.out, draftRequest(context, credential, { ...options, requestedBy }), options.write);
  return 0;
}

export type RequestManifest = Extract<DraftManifest, { kind: "RotationRequest" }>;

function draftRequest(
  { clock }: CommandContext,
  credential: string,
  options: Omit<RequestOptions, "namespace"> & {
    readonly requestedBy: string;
    readonly namespace?: string | undefined;
  },
): RequestManifest {
  const now = clock.now().toISOString();
  const { after, expect = after === undefined ? undefined : "Dead" } = options;
  const spec: RotationRequestSpec = {
    credentialRef: { name: credential },
    flow: options.flow,
    ...(expect === undefined ? {} : { expect }),
    ...(options.target === undefined ? {} : { target: options.target }),
    reason: options.reason,
    ...(options.ticket === undefined ? {} : { ticket: options.ticket }),
    requestedBy: options.requestedBy,
    ...(options.notBefore === undefined ? {} : { notBefore: instant("--not-before", options.notBefore, now) }),
    deadline: instant("--deadline", options.deadline, now),
  };
  const name = options.name ?? (after === undefined ? `${credential}-${compact(now)}` : followUpName(after));
  const place = options.namespace === undefined ? {} : { namespace: options.namespace };
  return { kind: "RotationRequest", name, ...place, spec };
}

function instant(option: string, text: string, now: string): string {
  try {
    return whole(later(now, durationMs(text)));
  } catch {
    const at = Date.parse(text);
    if (Number.isNaN(at))
      throw misuse(`${option} ${text} is no time.`, "Give a duration from now (24h, 7d) or an RFC 3339 time.");
    return whole(new Date(at).toISOString());
  }
}

/** Without milliseconds. */
function whole(at: string): string {
  return `${at.slice(0, 19)}Z`;
}
