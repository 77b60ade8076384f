/** How a rotation looks in a terminal. Pure: `RotationStatus` in, lines out. */
import { humanDuration } from "../domain/duration.ts";
import type { Condition, RotationStatus } from "../domain/status.ts";
import type { AccountView } from "../ledger/accounts.ts";
import type { SourceView } from "../ledger/sources.ts";
import type { HoldView } from "../ledger/holds.ts";
import type { RequestView } from "../ledger/views.ts";
import { rehearsalLines } from "./rehearsal-text.ts";
import type { DriftLine } from "./drift-report.ts";
import { heldLines } from "./held-text.ts";
import { type Colours, printable, tableLines } from "./output.ts";

/** What `velvet status` shows: rotations, and requests that never became one. */
export interface StatusPage {
  readonly rotations: readonly RotationStatus[];
  readonly requests: readonly RequestView[];
  /** Those that could not be read, or with something wrong in their files. */
  readonly sources: readonly SourceView[];
  /** All of them. */
  readonly accounts: readonly AccountView[];
  /** Why nothing is started; mostly none. */
  readonly holds: readonly HoldView[];
  /** Credentials that differ from what the ledger says. */
  readonly drifted: readonly DriftLine[];
}

const LIST_HEADER = ["NAMESPACE", "REQUEST", "CREDENTIAL", "FLOW", "STAGE", "AGE", "WHAT"] as const;

const WIDE_HEADER = [...LIST_HEADER.slice(0, -1), "WORKING", "GATE", "NEXT TRY", "WHAT"];

/** One line for each rotation and each request without one, newest first; then what is wrong with the sources. */
export function listLines(page: StatusPage, now: Date, colours: Colours, wide = false): string[] {
  return [
    ...heldLines(page.holds, colours),
    ...rotationLines(page, now, colours, wide),
    ...accountLines(page, now, colours, wide),
    ...sourceLines(page, colours),
  ];
}

/** `namespace/name` of everything on the page, to be given to other commands. */
export function nameLines({ rotations, requests }: StatusPage): string[] {
  return [...rotations, ...requests].map(({ namespace, name }) => printable(`${namespace}/${name}`));
}

function rotationLines({ rotations, requests }: StatusPage, now: Date, colours: Colours, wide: boolean): string[] {
  if (rotations.length + requests.length === 0)
    return ["No open rotation and no request. `velvet request rotate <credential>` writes one."];
  const rows = [
    ...rotations.map((status) => ({
      at: status.createdAt,
      cells: rotationCells(status, now, colours),
      more: wideCells(status, now),
    })),
    ...requests.map((request) => ({
      at: request.appearedAt,
      cells: requestCells(request, now, colours),
      more: ["-", "-", "-"],
    })),
  ];
  rows.sort((a, b) => b.at.localeCompare(a.at));
  return tableLines(
    wide ? WIDE_HEADER : LIST_HEADER,
    rows.map(({ cells, more }) => (wide ? [...cells.slice(0, -1), ...more, cells.at(-1) ?? ""] : cells)),
  );
}

const ACCOUNT_HEADER = ["ACCOUNT", "ADAPTER", "READY", "REMAINING", "PROBED", "WHAT"] as const;

/** With little room only those that keep rotations from going on. */
function accountLines({ accounts }: StatusPage, now: Date, colours: Colours, wide: boolean): string[] {
  const shown = accounts.filter(({ ready, blockedUntil }) => wide || ready === false || blockedUntil !== null);
  if (shown.length === 0) return [];
  return [
    "",
    ...tableLines(
      ACCOUNT_HEADER,
      shown.map((account) => accountCells(account, now, colours)),
    ),
  ];
}

function accountCells(account: AccountView, now: Date, colours: Colours): string[] {
  const { name, adapter, ready, reason, message, remaining, probedAt, blockedUntil } = account;
  const paint = ready === null ? colours.dim : ready ? colours.green : colours.red;
  const rest = blockedUntil === null ? 0 : Date.parse(blockedUntil) - now.getTime();
  const pause = rest > 0 ? `the vendor allows nothing for ${humanDuration(rest)}; ` : "";
  return [
    printable(name),
    printable(adapter),
    paint(ready === null ? "?" : ready ? "yes" : "no"),
    remaining === null ? "-" : String(remaining),
    probedAt === null ? "never" : since(probedAt, now),
    printable(`${pause}${reason}: ${message}`),
  ];
}

/** A merged manifest that is wrong starts nothing: this is where its author learns why. */
function sourceLines({ sources }: StatusPage, colours: Colours): string[] {
  return sources.flatMap(({ name, ready, reason, message, problems }) => [
    "",
    ready
      ? colours.yellow(`The source ${printable(name)} has manifests that are refused:`)
      : colours.red(`The source ${printable(name)} is not ready. ${printable(`${reason}: ${message}`)}`),
    ...problems.map((problem) => {
      const where = problem.line === 0 ? problem.path : `${problem.path}:${problem.line}:${problem.column}`;
      return `  ${printable(where)}  ${problem.code}: ${printable(problem.message)}`;
    }),
  ]);
}

function rotationCells(status: RotationStatus, now: Date, colours: Colours): string[] {
  const { namespace, name, credential, flow } = status;
  const cells = [namespace, name, credential, flow].map(printable);
  return [...cells, stageText(status, colours), since(status.createdAt, now), printable(summaryOf(status))];
}

function wideCells({ consumers, gate, nextTryAt, endedAt }: RotationStatus, now: Date): string[] {
  const held = consumers.filter(({ id }) => id !== "custody");
  const working = held.filter(({ state }) => state === "working").length;
  const left = nextTryAt === undefined || endedAt !== undefined ? 0 : Date.parse(nextTryAt) - now.getTime();
  return [`${working}/${held.length}`, gate?.name ?? "-", left > 0 ? humanDuration(left) : "-"];
}

function requestCells(request: RequestView, now: Date, colours: Colours): string[] {
  const { namespace, name, credential, flow, state, reason, message, appearedAt } = request;
  const stage = state === "pending" ? colours.yellow("Pending") : colours.dim(CAPITAL[state]);
  const cells = [namespace, name, credential, flow].map(printable);
  return [
    ...cells,
    stage,
    since(appearedAt, now),
    printable([reason, message].filter((part) => part !== "").join(": ")),
  ];
}

const CAPITAL = {
  pending: "Pending",
  accepted: "Accepted",
  refused: "Refused",
  baseline: "Baseline",
  expired: "Expired",
} as const satisfies Record<RequestView["state"], string>;

/** The one thing to know about a rotation now. */
export function summaryOf(status: RotationStatus): string {
  const stalled = status.conditions.find(({ type, status: is }) => type === "Stalled" && is === "True");
  if (stalled) return `${stalled.reason}: ${stalled.message}`;
  if (status.gate) return `waits for a person: ${status.gate.name} gate`;
  const ready = status.conditions.find(({ type }) => type === "Ready");
  if (ready && ready.message !== "") return ready.message;
  if (status.endedAt !== undefined) return `ended after ${humanDuration(spanOf(status))}`;
  return status.pendingConsumers.length === 0 ? "" : `waits for ${status.pendingConsumers.join(", ")}`;
}

export function stageText(status: RotationStatus, colours: Colours): string {
  if (status.stage === "Done") return colours.green(status.stage);
  if (status.stage.endsWith("Failed") || isStalled(status)) return colours.red(status.stage);
  if (status.stage === "Aborted") return colours.dim(status.stage);
  return status.gate ? colours.yellow(status.stage) : colours.cyan(status.stage);
}

function isStalled({ conditions }: RotationStatus): boolean {
  return conditions.some(({ type, status }) => type === "Stalled" && status === "True");
}

/** Everything about one rotation: conditions, consumers, the open gate with its command, what remains. */
export function detailLines(status: RotationStatus, now: Date, colours: Colours): string[] {
  const ended = status.endedAt === undefined ? "" : `, ended after ${humanDuration(spanOf(status))}`;
  return [
    `${colours.bold(printable(`${status.namespace}/${status.name}`))}  ${status.flow} of ${printable(status.credential)}`,
    `${stageText(status, colours)}, began ${since(status.createdAt, now)} ago${ended}`,
    ...hintLines(status),
    "",
    ...tableLines(
      ["CONDITION", "STATUS", "REASON", "MESSAGE"],
      status.conditions.map((condition) => conditionCells(condition, colours)),
    ),
    "",
    ...consumerLines(status, now, colours),
    ...gateLines(status, colours),
    ...(status.rehearsal ? ["", ...rehearsalLines(status.rehearsal, colours)] : []),
    ...residualLines(status, colours),
  ];
}

/** Where a person is needed, or something failed: all that can be done, each with its command, stands elsewhere. */
function hintLines(status: RotationStatus): string[] {
  const isTrouble =
    isStalled(status) || status.gate !== undefined || /Failed$|Partial$|Aborted$|Leaked$/.test(status.stage);
  const isAwaited = status.conditions.some(({ reason }) => reason === "AwaitingConfirmation");
  if (!isTrouble && !isAwaited) return [];
  return [`What you can do: velvet describe ${printable(`${status.namespace}/${status.name}`)}`];
}

export function conditionCells({ type, status, reason, message }: Condition, colours: Colours): string[] {
  const bad = type === "Stalled" ? status === "True" : status === "False" && type !== "Ready";
  const paint = bad ? colours.red : status === "True" ? colours.green : colours.dim;
  return [type, paint(status), printable(reason), printable(message)];
}

function consumerLines(status: RotationStatus, now: Date, colours: Colours): string[] {
  const rows = status.consumers.map(({ id, state, message, nextTryAt }) => {
    const left = nextTryAt === undefined ? 0 : Date.parse(nextTryAt) - now.getTime();
    const next = left > 0 ? ` (next try in ${humanDuration(left)})` : "";
    const paint = state === "working" ? colours.green : state === "failed" ? colours.red : colours.dim;
    return [printable(id), paint(state), printable(message) + next];
  });
  return tableLines(["CONSUMER", "STATE", "MESSAGE"], rows);
}

function gateLines({ gate, name, namespace }: RotationStatus, colours: Colours): string[] {
  if (!gate) return [];
  const needs = gate.name === "Revoke" ? " --confirm <credentialName> --ticket <ticket>" : "";
  return [
    "",
    colours.yellow(`The ${gate.name} gate waits for a person. ${printable(gate.message)}`),
    `  digest ${gate.digest}`,
    `  velvet approve ${printable(`${namespace}/${name}`)} --gate ${gate.name} --digest ${gate.digest}${needs} --reason <why>`,
  ];
}

function residualLines({ residual }: RotationStatus, colours: Colours): string[] {
  if (residual.length === 0) return [];
  return [
    "",
    colours.yellow("What remains:"),
    ...residual.map(
      ({ kind, message, remedy }) => `  ${kind}: ${printable(message)}${remedy ? ` ${printable(remedy)}` : ""}`,
    ),
  ];
}

function spanOf({ createdAt, endedAt }: RotationStatus): number {
  return Date.parse(endedAt ?? createdAt) - Date.parse(createdAt);
}

export function since(at: string, now: Date): string {
  return humanDuration(Math.max(0, now.getTime() - Date.parse(at)));
}
