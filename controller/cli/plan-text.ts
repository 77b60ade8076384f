/** How `velvet plan` looks. Pure. */
import { type Colours, printable, tableLines } from "./output.ts";
import type { PlanItem } from "./plan-item.ts";
import type { PlannedGate, PlannedSteps, PlannedWave } from "./plan-report.ts";

export function itemLines(item: PlanItem, colours: Colours): string[] {
  return [headLine(item, colours), ...whyLines(item), ...(item.steps ? stepLines(item, item.steps, colours) : [])];
}

function headLine(item: PlanItem, colours: Colours): string {
  const { namespace, credential, request, flow, expect, verdict, stage } = item;
  const name = colours.bold(printable(`${namespace}/${request ?? credential}`));
  const what = printable(`${flow} rotation of ${credential}, expecting it ${expect.toLowerCase()}`);
  const paint = {
    begins: colours.green,
    waits: colours.yellow,
    refused: colours.red,
    running: colours.cyan,
    ended: colours.dim,
  };
  const said = {
    begins: request === undefined ? "would begin if it were requested now" : "begins at the next look of a controller",
    waits: "waits",
    refused: "would be refused",
    running: `runs, in ${stage ?? ""}`,
    ended: `has ended, as ${stage ?? ""}: nothing would change`,
  };
  return `${name}  ${what}: ${paint[verdict](said[verdict])}`;
}

function whyLines({ reason, message, remedy, beginsAt, verdict, next, nextAt }: PlanItem): string[] {
  return [
    ...(reason === undefined && message === undefined ? [] : [printable([reason, message].filter(Boolean).join(": "))]),
    ...(remedy === undefined ? [] : [printable(remedy)]),
    ...(verdict === "waits" && beginsAt !== undefined ? [`It begins at ${beginsAt}.`] : []),
    ...(next === undefined ? [] : [printable(`Next: ${next}${nextAt === undefined ? "" : `, until ${nextAt}`}`)]),
  ].map((line) => `  ${line}`);
}

function stepLines({ expect, flow }: PlanItem, steps: PlannedSteps, colours: Colours): string[] {
  const { issuer, gates, readFrom } = steps;
  const [mint, revoke] = [gates.find(({ name }) => name === "Mint"), gates.find(({ name }) => name === "Revoke")];
  const old = issuer.currentId ?? "the one in use";
  const read = expect === "Absent" ? "Make sure that there is none yet" : `Read and probe ${old}, from ${readFrom}`;
  return [
    "",
    ...numbered([
      [read],
      gateText("mint", mint),
      [`Mint at ${issuer.account} (${issuer.adapter}, ${issuer.mintClass}), and prove that the vendor accepts it`],
      ["Write, settle and check, in this order:", ...waveLines(steps.waves)],
      ...(flow === "Testing" ? [[TAKEN_BACK]] : [gateText("revoke", revoke), revokeText(steps, old)]),
    ]),
    ...block(colours, "Cannot be undone", steps.irreversible),
    ...block(colours, "Watch out", steps.warnings),
  ];
}

const TAKEN_BACK = "Put every test slot back as it was, end the throwaway, and look whether it is gone";

function numbered(steps: readonly (readonly string[])[]): string[] {
  return steps.flatMap(([first = "", ...rest], index) => [
    `  ${index + 1}. ${printable(first)}`,
    ...rest.map((line) => `     ${printable(line)}`),
  ]);
}

function gateText(what: string, gate: PlannedGate | undefined): string[] {
  if (!gate || gate.needs === "nobody") return [`Gate before the ${what}: automatic`];
  const who = gate.needs === "two-people" ? "somebody else than the requester, vouched for" : "a person";
  const needs = [
    ...(gate.confirm === undefined ? [] : [`confirm ${gate.confirm}`]),
    ...(gate.ticket ? ["a ticket"] : []),
  ];
  const bring = needs.length === 0 ? "" : `, with ${needs.join(" and ")}`;
  const digest = gate.digest === undefined ? "its digest is known when the gate opens" : `digest ${gate.digest}`;
  return [`Gate before the ${what}: ${who} approves${bring} (${gate.why}; ${digest})`];
}

function waveLines(groups: readonly PlannedWave[]): string[] {
  const rows = groups.flatMap(({ group, wave, consumers }) =>
    consumers.map(({ id, account, adapter, grade, check, proves, active, state }) => [
      group === "custody" ? "first" : `${group} ${wave}`,
      id,
      `${account} (${adapter})`,
      grade,
      active ? check : "not written",
      active ? proves : "none",
      state,
    ]),
  );
  return tableLines(["WAVE", "CONSUMER", "WHERE", "SEEN", "CHECK", "PROVES", "NOW"], rows);
}

function revokeText({ issuer, earliestRevokeAt, earliestDestroyAt }: PlannedSteps, old: string): string[] {
  if (issuer.revocation === "manual") return [`A person revokes ${old} at the vendor`];
  if (earliestRevokeAt === undefined) return ["Nothing is revoked"];
  const destroy = earliestDestroyAt === undefined ? "" : `; destroyed not before ${earliestDestroyAt}`;
  return [
    `${issuer.revocation === "quarantine" ? "Disable" : "Revoke"} ${old}, not before ${earliestRevokeAt}${destroy}`,
  ];
}

function block(colours: Colours, title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `  ${colours.bold(title)}`, ...lines.map((line) => `    ${printable(line)}`)];
}
