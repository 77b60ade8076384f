/** `velvet audit erase`: a name or a ticket is forgotten, and the chains stay whole. */
import { type Blocker, erase, type Erased, type Erasure } from "../ledger/erase.ts";
import { ledgerOf, openPool } from "../ledger/db.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { withLedger } from "./ledger.ts";
import { whoami } from "./names.ts";
import { printable } from "./output.ts";

export interface AuditEraseOptions {
  readonly actor?: string;
  readonly ticket?: string;
  readonly reason: string;
  readonly decidedBy?: string;
  readonly confirm?: string;
  readonly output?: "json";
}

/** Of a name or ticket. */
const LONGEST = 200;
/** Of a reason. */
const LONGEST_REASON = 1_000;

export async function auditEraseCommand(context: CommandContext, options: AuditEraseOptions): Promise<ExitCode> {
  const what = wordOf(options);
  if (options.reason.length > LONGEST_REASON || options.reason.includes("\0"))
    throw misuse("--reason is too long.", `Give at most ${LONGEST_REASON} characters.`);
  const decidedBy = options.decidedBy ?? (await whoami(context, "--decided-by"));
  await confirm(context, what.word, options.confirm);
  const found = await asOwner(context, { ...what, decidedBy, reason: options.reason });
  if ("blockers" in found) throw stillNeeded(what, found.blockers);
  say(context, options, what, found);
  return 0;
}

type What = Pick<Erasure, "kind" | "word">;

function wordOf({ actor, ticket }: AuditEraseOptions): What {
  if ((actor === undefined) === (ticket === undefined))
    throw misuse("Either --actor or --ticket says what is erased.", "Give one of them.");
  const what: What = actor === undefined ? { kind: "ticket", word: ticket ?? "" } : { kind: "actor", word: actor };
  if (what.word.trim().length < 2 || what.word.length > LONGEST || what.word.includes("\0"))
    throw misuse(`--${what.kind} has from 2 to ${LONGEST} characters.`, "Give it exactly as it stands in the record.");
  return what;
}

/** It cannot be taken back, so it is typed twice. */
async function confirm({ out, stdin }: CommandContext, word: string, given: string | undefined): Promise<void> {
  if (given === undefined && (!out.live || stdin === undefined))
    throw misuse("This cannot be taken back, and nobody confirmed it.", "Repeat the name or ticket: --confirm …");
  if (given === undefined) out.note(`This erases ${printable(word)} for good. Type it once more:`);
  const typed = given ?? (await firstLine(stdin ?? []));
  if (typed !== word)
    throw misuse("What was typed to confirm is something else.", "Nothing was erased. Type it exactly as before.");
}

async function firstLine(stdin: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stdin) {
    text += Buffer.from(chunk).toString("utf8");
    if (text.includes("\n") || text.length > LONGEST) break;
  }
  return (text.split("\n", 1)[0] ?? "").replace(/\r$/, "");
}

/** The controller's own role may not even erase. */
async function asOwner(context: CommandContext, erasure: Erasure): ReturnType<typeof erase> {
  return withLedger(context, async (_, { migrationUrl }) => {
    const options = { connectionString: migrationUrl.reveal(), max: 1, applicationName: "velvet audit erase" };
    const pool = openPool(options, () => undefined);
    try {
      return await erase(ledgerOf(pool), erasure, context.random);
    } catch (error) {
      if ((error as { code?: string }).code === "42501") throw notTheOwner();
      throw error;
    } finally {
      await pool.end();
    }
  });
}

function notTheOwner(): CommandFailure {
  return new CommandFailure({
    happened: "This role may not erase: only the ledger's owner may.",
    stillFine: "Nothing was erased or changed.",
    next: "Set VELVET_MIGRATION_DATABASE_URL to the owner's login, and run it again.",
  });
}

function stillNeeded({ kind }: What, blockers: readonly Blocker[]): CommandFailure {
  const list = blockers.map((each) => printable(`${each.kind} ${each.namespace}/${each.name}`)).join(", ");
  return new CommandFailure({
    happened: `What is under way still needs this ${kind === "actor" ? "name" : "ticket"}: ${list}.`,
    stillFine: "Nothing was erased or changed.",
    next: "Wait until it has ended, or abort it, and run this again.",
  });
}

function say({ out }: CommandContext, { output }: AuditEraseOptions, { kind }: What, erased: Erased): void {
  if (output === "json") return out.json({ erased: kind, ...erased });
  const { actors, words, rows, inClear, shown } = erased;
  const changed = Object.values(rows).reduce((sum, count) => sum + count, 0);
  out.line(
    `Erased: ${actors} person, ${words} texts beside audit rows, and what named it in ${changed} rows of the ledger.`,
  );
  if (inClear > 0)
    out.note(`${inClear} audit rows from before texts stood beside them hold it for ever: a chain is never rewritten.`);
  if (shown.length > 0)
    out.note(`Sources still show it, and the ledger mirrors them: ${printable(shown.join(", "))}. Remove it there.`);
  out.note(
    "Backups, logs, published messages and the sources' own history are outside of the ledger and were not touched.",
  );
}
