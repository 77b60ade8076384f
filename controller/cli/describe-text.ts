/** How `velvet describe` looks. Pure: the report in, lines out. */
import { stringify } from "yaml";
import { humanDuration } from "../domain/duration.ts";
import type { DescribedConsumer, DescribedDecision, DescribedRequest, DescribedRotation } from "./describe-report.ts";
import { type Colours, printable, tableLines } from "./output.ts";
import { rehearsalLines } from "./rehearsal-text.ts";
import { conditionCells, since } from "./status-text.ts";

export function rotationLines(rotation: DescribedRotation, now: Date, colours: Colours): string[] {
  return [
    ...headLines(rotation, now, colours),
    ...troubleLines(rotation, now, colours),
    ...gateLines(rotation, colours),
    ...section(colours, "Stages", stageRows(rotation)),
    ...section(colours, "Conditions", conditionTable(rotation, colours)),
    ...section(colours, "Consumers", consumerLines(rotation.consumers, now, colours)),
    ...section(colours, "Rehearsal", rotation.rehearsal ? rehearsalLines(rotation.rehearsal, colours) : []),
    ...section(colours, "Decisions", decisionLines(rotation.decisions, now, colours)),
    ...section(colours, "Old credentials", retiredRows(rotation)),
    ...section(
      colours,
      "What remains",
      rotation.residual.flatMap(({ kind, message, remedy }) => [
        `${kind}: ${message}`,
        ...(remedy ? [`  ${remedy}`] : []),
      ]),
    ),
    ...section(colours, "To be requested next", followUpLines(rotation)),
    ...section(
      colours,
      "What you can do",
      rotation.nextSteps.flatMap(({ what, command }) => [`${what}:`, `  ${command}`]),
    ),
  ];
}

function section(colours: Colours, title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", colours.bold(title), ...lines.map((line) => `  ${line}`)];
}

function headLines(rotation: DescribedRotation, now: Date, colours: Colours): string[] {
  const { namespace, name, credential, credentialName, environment, flow, expect } = rotation;
  const ended = rotation.endedAt;
  const took = ended === undefined ? "" : `, ended ${since(ended, now)} ago`;
  const rows: [string, string][] = [
    ["Credential", `${credential} (${credentialName}, ${environment})`],
    ["Flow", `${flow}, expecting it ${expect.toLowerCase()}`],
    [
      "Requested",
      `by ${rotation.requestedBy}: ${rotation.reason}${rotation.ticket === undefined ? "" : ` (${rotation.ticket})`}`,
    ],
    ...(rotation.preempted === undefined ? [] : [["Pre-empted", rotation.preempted] satisfies [string, string]]),
    ["Stage", `${rotation.stage}, began ${since(rotation.createdAt, now)} ago${took}`],
    ...(ended === undefined ? [["Deadline", rotation.deadline] satisfies [string, string]] : []),
    ...(rotation.heldBy === undefined ? [] : [["Held by", rotation.heldBy] satisfies [string, string]]),
  ];
  return [
    colours.bold(printable(`${namespace}/${name}`)),
    ...rows.map(([label, text]) => `  ${label.padEnd(12)}${printable(text)}`),
  ];
}

function troubleLines({ trouble }: DescribedRotation, now: Date, colours: Colours): string[] {
  if (!trouble) return [];
  const { reason, message, stillFine, remedy, tries = 0, nextTryAt } = trouble;
  const next = nextTryAt === undefined ? "" : `, next in ${until(nextTryAt, now)}`;
  return [
    "",
    colours.red(printable(`${reason}: ${message}`)) + (tries > 1 ? ` (tried ${tries} times${next})` : ""),
    ...(stillFine === undefined ? [] : [printable(stillFine)]),
    ...(remedy === undefined ? [] : [printable(remedy)]),
  ];
}

function gateLines({ gate }: DescribedRotation, colours: Colours): string[] {
  if (!gate) return [];
  return [
    "",
    colours.yellow(`The ${gate.name} gate waits for a person. ${printable(gate.message)}`),
    `digest ${gate.digest}`,
  ];
}

function stageRows({ stages, endedAt }: DescribedRotation): string[] {
  return tableLines(
    ["STAGE", "ENTERED", "TOOK"],
    stages.map(({ stage, at, ms }, index) => {
      const last = index === stages.length - 1;
      return [stage, at, last && endedAt !== undefined ? "" : humanDuration(ms) + (last ? " so far" : "")];
    }),
  );
}

function conditionTable({ conditions }: DescribedRotation, colours: Colours): string[] {
  const rows = conditions.map((condition) => conditionCells(condition, colours));
  return tableLines(["CONDITION", "STATUS", "REASON", "MESSAGE"], rows);
}

function consumerLines(consumers: readonly DescribedConsumer[], now: Date, colours: Colours): string[] {
  const rows = consumers.map(({ id, account, state, message, nextTryAt }) => {
    const next = nextTryAt === undefined || state === "working" ? "" : ` (next try in ${until(nextTryAt, now)})`;
    const paint = state === "working" ? colours.green : state === "failed" ? colours.red : colours.dim;
    return [printable(id), printable(account), paint(state), printable(message) + next];
  });
  const remedies = consumers.flatMap(({ id, remedy }) => (remedy === undefined ? [] : [printable(`${id}: ${remedy}`)]));
  return [...tableLines(["CONSUMER", "ACCOUNT", "STATE", "MESSAGE"], rows), ...remedies];
}

function decisionLines(decisions: readonly DescribedDecision[], now: Date, colours: Colours): string[] {
  return decisions.flatMap((decision) => {
    const { action, gate, consumer, decidedBy, trust, ticket, at, state, reason, message, remedy } = decision;
    const what = [action, gate, consumer].filter((part) => part !== undefined).join(" ");
    const ticketed = ticket === undefined ? "" : `, ${ticket}`;
    const paint = state === "accepted" ? colours.green : state === "refused" ? colours.red : colours.yellow;
    return [
      `${printable(what)} by ${printable(decidedBy)} (${trust}${printable(ticketed)}), ${since(at, now)} ago: ${paint(state)}`,
      ...(state === "refused"
        ? [`  ${printable(`${reason}: ${message}`)}${remedy === undefined ? "" : ` ${printable(remedy)}`}`]
        : []),
    ];
  });
}

function retiredRows({ retired }: DescribedRotation): string[] {
  if (retired.length === 0) return [];
  return tableLines(
    ["ID", "STATE", "DESTROYED AFTER"],
    retired.map(({ vendorId, state, destroyAfter }) => [printable(vendorId), state, destroyAfter ?? ""]),
  );
}

/** As a manifest: whoever asks puts their own name in. */
function followUpLines({ namespace, followUp }: DescribedRotation): string[] {
  if (!followUp) return [];
  const { name, spec } = followUp;
  const manifest = {
    apiVersion: "velvet.raxx.app/v1alpha1",
    kind: "RotationRequest",
    metadata: { name, namespace },
    spec: { ...spec, requestedBy: "<who asks>" },
  };
  return stringify(manifest, { lineWidth: 0 }).trimEnd().split("\n").map(printable);
}

/** A request that never became a rotation. */
export function requestLines(request: DescribedRequest, now: Date, colours: Colours): string[] {
  const { namespace, name, credential, flow, state, reason, message, appearedAt, deadline } = request;
  return [
    colours.bold(printable(`${namespace}/${name}`)),
    printable(`  ${flow} of ${credential}: ${state}, appeared ${since(appearedAt, now)} ago`),
    ...(state === "pending" ? [`  not begun after ${deadline}`] : []),
    "",
    printable([reason, message].filter((part) => part !== "").join(": ")),
    ...(request.reminded === undefined ? [] : [colours.yellow(printable(request.reminded))]),
    ...(request.stillFine === undefined ? [] : [printable(request.stillFine)]),
    ...(request.remedy === undefined ? [] : [printable(request.remedy)]),
  ];
}

function until(at: string, now: Date): string {
  return humanDuration(Math.max(0, Date.parse(at) - now.getTime()));
}
