/** `velvet audit show`: one rotation as its audit chain tells it. */
import { showAudit, type Said, type Timeline, type TimelineEntry } from "../audit/show.ts";
import { asAuditor } from "./audit-ledger.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { namedBy } from "./names.ts";
import { type Output, printable } from "./output.ts";
import { present } from "./present.ts";

export interface AuditShowOptions {
  readonly namespace?: string;
  readonly limit: string;
  readonly output?: "json";
}

const MOST = 1_000;

/** 0 where what is shown is whole; 1 where it was tampered with, or there is nothing of that name. */
export async function auditShowCommand(
  context: CommandContext,
  text: string,
  options: AuditShowOptions,
): Promise<ExitCode> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw misuse(`--limit ${printable(options.limit)} is no count.`, `Give a number from 1 to ${MOST}.`);
  const { namespace, name } = namedBy(text, options.namespace);
  const question = { name, limit, ...present({ namespace }) };
  const timelines = await asAuditor(context, async (url) => showAudit(url, question));
  if (timelines.length === 0) throw nothing(text);
  if (options.output === "json") context.out.json({ rotations: timelines });
  else timelines.forEach((timeline, index) => say(context.out, timeline, index > 0));
  return timelines.some(isTampered) ? 1 : 0;
}

function nothing(text: string): CommandFailure {
  return new CommandFailure({
    happened: `No rotation of that name has an audit chain: ${printable(text)}.`,
    stillFine: "Nothing was changed.",
    next: "See `velvet history` for what has ended, and `velvet status` for what has not begun.",
  });
}

function isTampered({ fault, entries }: Timeline): boolean {
  const said = entries.flatMap((entry) => [...Object.values(entry.who), ...Object.values(entry.said)]);
  return fault !== undefined || said.some((each) => "tampered" in each);
}

function say(out: Output, timeline: Timeline, next: boolean): void {
  const { namespace, name, credential, state, rows, fault, sealed, entries } = timeline;
  if (next) out.line();
  out.line(out.colours.bold(printable(`${namespace}/${name} of ${credential}: ${state}`)));
  const seal = sealed
    ? `row ${sealed.seq} is sealed by the checkpoint of ${sealed.at}`
    : "no checkpoint has seen it yet";
  if (fault === undefined) out.line(`The chain ${timeline.id} has ${rows} rows and is whole; ${seal}.`);
  else out.line(out.colours.red(printable(`The chain ${timeline.id} is broken: ${fault}.`)));
  out.line();
  for (const entry of entries) sayEntry(out, entry);
}

function sayEntry(out: Output, { at, event, chain, seq, hash, who, said, facts }: TimelineEntry): void {
  const people = Object.values(who).map((each) => textOf(each));
  const by = people.length === 0 ? "" : ` by ${people.join(", ")}`;
  const place = `${chain === "install" ? "install" : "row"} ${seq}, ${hash.slice(0, 12)}`;
  out.line(printable(`${at}  ${spoken(event)}${by}  (${place})`));
  for (const [field, words] of Object.entries(said)) out.line(printable(`    ${field}: ${textOf(words)}`));
  const told = Object.entries(facts).map(([name, value]) => `${name} ${plain(value)}`);
  if (told.length > 0) out.line(printable(`    ${told.join("; ")}`));
}

function textOf(said: Said): string {
  if ("text" in said) return said.text;
  return "erased" in said ? "[erased]" : "[tampered with]";
}

/** `DecisionAccepted` as `Decision accepted`. */
function spoken(event: string): string {
  const words = event.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").split(" ");
  return [words[0] ?? "", ...words.slice(1).map((word) => word.toLowerCase())].join(" ");
}

const LONGEST = 300;

function plain(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
