/** How drift looks in a terminal. Pure: entries in, lines out. */
import type { DriftEntry, DriftFinding, DriftLine } from "./drift-report.ts";
import { type Colours, printable, tableLines } from "./output.ts";
import { reasonNamed } from "./remedy.ts";
import { since } from "./status-text.ts";

const HEADER = ["NAMESPACE", "CREDENTIAL", "MODE", "DRIFTED", "LOOKED", "WHAT"] as const;

export function driftListLines(entries: readonly DriftEntry[], now: Date, colours: Colours): string[] {
  if (entries.length === 0) return ["No Credential is watched: each one is, from its first rotation on."];
  return tableLines(
    HEADER,
    entries.map((entry) => [
      printable(entry.namespace),
      printable(entry.name),
      entry.mode,
      drifted(entry, colours),
      looked(entry, now),
      printable(summary(entry)),
    ]),
  );
}

function drifted({ drifted: is }: DriftEntry, colours: Colours): string {
  if (is === "True") return colours.red("yes");
  return is === "False" ? colours.green("no") : colours.dim("?");
}

function looked({ checkedAt }: DriftEntry, now: Date): string {
  return checkedAt === null ? "never" : `${since(checkedAt, now)} ago`;
}

function summary({ reason, message, findings, postponed }: DriftEntry): string {
  const open = findings.filter(({ state }) => state === "open");
  if (open.length > 0) return open.map(({ kind, place }) => `${kind} at ${place}`).join(", ");
  if (postponed !== null) return `the last look was not whole: ${postponed.reason}`;
  return message === "" ? reason : message;
}

/** Everything about one Credential: each place at the grade that it allows, each finding, and what a person can do. */
export function driftDetailLines(entry: DriftEntry, now: Date, colours: Colours): string[] {
  const next = entry.nextCheckAt === null ? "" : `, next look at ${entry.nextCheckAt}`;
  return [
    `${colours.bold(printable(`${entry.namespace}/${entry.name}`))}  drift.mode ${entry.mode}`,
    `drifted: ${drifted(entry, colours)} (${entry.reason}), looked at ${looked(entry, now)}${next}`,
    ...(entry.postponed === null
      ? []
      : [
          colours.yellow(
            printable(`The last look was not whole. ${entry.postponed.reason}: ${entry.postponed.message}`),
          ),
        ]),
    "",
    ...tableLines(
      ["PLACE", "SEEN BY", "STATE", "WHAT THAT MEANS"],
      entry.places.map(({ place, grade, state }) => [printable(place), grade, state, MEANS[state] ?? ""]),
    ),
    ...entry.findings.flatMap((finding) => findingLines(entry, finding, now, colours)),
  ];
}

const MEANS: Readonly<Record<string, string>> = {
  "in-place": "holds the value that the ledger knows",
  unchanged: "nobody wrote it since Velvet did; its value cannot be seen",
  present: "something is there; its value, and who wrote it, cannot be seen",
  unseen: "nothing of it can be seen: a change would go unnoticed",
  "not-given": "no rotation has written it yet",
  drifted: "differs",
  unreached: "could not be looked at",
  left: "the look at it was put off",
};

function findingLines(entry: DriftEntry, finding: DriftFinding, now: Date, colours: Colours): string[] {
  const { kind, place, grade, state, message, acceptedBy } = finding;
  const reason = reasonNamed(kind);
  const commands = (reason?.commands ?? []).flatMap((command) => commandsFor(command, entry, finding));
  const paint = state === "open" ? colours.red : colours.dim;
  const said = acceptedBy === undefined ? state : `accepted by ${acceptedBy}`;
  return [
    "",
    paint(printable(`${kind} at ${place}, seen by ${grade}, for ${since(finding.since, now)} (${said})`)),
    `  ${printable(message)}`,
    ...(state === "open" ? [`  ${reason?.remedy ?? ""}`, ...commands.map((command) => `  ${printable(command)}`)] : []),
  ];
}

/** With all that is known here filled in: what only the person can know stays in angle brackets. */
function commandsFor(command: string, entry: DriftEntry, { place, vendorIds = [] }: DriftFinding): string[] {
  const about = command.replace("<credential>", `${entry.namespace}/${entry.name}`);
  if (about.includes("<vendor-id>")) {
    return vendorIds.map((id) => `${about.replace("<vendor-id>", id)} --ticket <ticket> --reason <why>`);
  }
  if (!/ drift (correct|accept) /.test(about)) return [about];
  return [`${about}${/^(the |account )/.test(place) ? "" : ` --consumer ${place}`} --reason <why>`];
}

const MOST_NAMED = 3;

/** In `velvet status`: one line, where there is something to say. */
export function driftedLines(drifted: readonly DriftLine[], colours: Colours): string[] {
  if (drifted.length === 0) return [];
  const named = drifted
    .slice(0, MOST_NAMED)
    .map(({ namespace, name, reasons }) => `${namespace}/${name} (${reasons.join(", ")})`);
  const more = drifted.length > MOST_NAMED ? ` and ${drifted.length - MOST_NAMED} more` : "";
  const have = drifted.length === 1 ? "1 Credential has" : `${drifted.length} Credentials have`;
  return ["", colours.red(printable(`${have} drifted: ${named.join("; ")}${more}. See velvet drift.`))];
}
