import { humanDuration } from "../domain/duration.ts";
import { camelCase } from "../domain/status.ts";
import type { Instant } from "../domain/world.ts";
import type { RotationView } from "../ledger/views.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { misuse } from "./failure.ts";
import { namedBy } from "./names.ts";
import { type Output, printable, tableLines } from "./output.ts";
import { present } from "./present.ts";
import type { Reading } from "./reading.ts";
import { yamlText } from "./yaml.ts";

export interface HistoryOptions {
  readonly namespace?: string;
  /** On a cluster: not only the context's. */
  readonly allNamespaces?: boolean;
  readonly limit: string;
  /** Only those that did not end as `Done`. */
  readonly failed?: boolean;
  readonly output?: "json" | "yaml";
}

/** One rotation that has ended (`docs/reference/schemas/history.json`). */
export interface PastRotation {
  readonly namespace: string;
  readonly name: string;
  readonly credential: string;
  readonly flow: string;
  readonly result: string;
  readonly createdAt: Instant;
  readonly endedAt: Instant;
  readonly durationMs: number;
  readonly requestedBy: string;
  /** Who opened its gates. */
  readonly approvedBy: readonly { readonly gate: string; readonly name: string; readonly ticket?: string }[];
  readonly ticket?: string;
  /** How many things stayed behind. */
  readonly residual: number;
}

const MOST = 10_000;

/** `velvet history`: rotations that have ended, the last one first. */
export async function historyCommand(
  { out }: CommandContext,
  credential: string | undefined,
  options: HistoryOptions,
  reading: Reading,
): Promise<ExitCode> {
  const limit = limitOf(options.limit);
  const onlyFailed = options.failed === true;
  const named = credential === undefined ? undefined : namedBy(credential, options.namespace);
  const ended = await reading.history({
    ...present({
      namespace: named?.namespace ?? options.namespace,
      credential: named?.name,
      everywhere: options.allNamespaces,
    }),
    limit: onlyFailed ? MOST : limit,
  });
  const past = ended.filter(({ result }) => !onlyFailed || result !== "Done");
  await print(out, past.slice(0, limit), options);
  return 0;
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw misuse(`--limit ${printable(text)} is no count.`, `Give a number from 1 to ${MOST}.`);
}

async function print(
  out: Output,
  rotations: readonly PastRotation[],
  { output, failed }: HistoryOptions,
): Promise<void> {
  if (output === "json") return out.json({ rotations });
  if (output === "yaml") return out.raw(await yamlText({ rotations }));
  if (rotations.length === 0) return out.line(`No ${failed === true ? "failed rotation" : "rotation"} has ended yet.`);
  tableLines(HEADER, rotations.map(cells)).forEach((line) => out.line(line));
}

const HEADER = [
  "NAMESPACE",
  "REQUEST",
  "CREDENTIAL",
  "RESULT",
  "ENDED",
  "TOOK",
  "REQUESTED BY",
  "APPROVED BY",
  "TICKET",
];

function cells(past: PastRotation): string[] {
  const { namespace, name, credential, result, endedAt, requestedBy, approvedBy, ticket, residual } = past;
  const tickets = [...new Set([ticket, ...approvedBy.map((each) => each.ticket)].filter((each) => each !== undefined))];
  return [
    namespace,
    name,
    credential,
    residual > 0 ? `${result} (${residual} left)` : result,
    endedAt,
    humanDuration(past.durationMs),
    requestedBy,
    [...new Set(approvedBy.map((each) => each.name))].join(", ") || "-",
    tickets.join(", ") || "-",
  ].map(printable);
}

export function pastRotation({ rotation }: RotationView): PastRotation {
  const { facts, snapshot, createdAt } = rotation;
  const { spec } = snapshot.request;
  const endedAt = rotation.endedAt ?? createdAt;
  const approvedBy = (["Mint", "Revoke"] as const).flatMap((gate) => {
    const approved = facts.gates?.[gate]?.approved;
    if (!approved) return [];
    return [{ gate, name: approved.name, ...(approved.ticket === undefined ? {} : { ticket: approved.ticket }) }];
  });
  return {
    namespace: rotation.namespace,
    name: rotation.name,
    credential: rotation.credentialName,
    flow: rotation.flow,
    result: camelCase(rotation.state),
    createdAt,
    endedAt,
    durationMs: Date.parse(endedAt) - Date.parse(createdAt),
    requestedBy: spec.requestedBy,
    approvedBy,
    ...(spec.ticket === undefined ? {} : { ticket: spec.ticket }),
    residual: facts.residual?.length ?? 0,
  };
}
