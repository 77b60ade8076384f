/** The report that an acceptance is about: complete, or a person says that it may be blind; and the one that was read. */
import { ReportChanged } from "../checkpoints/accept.ts";
import { digestOf, isBlind } from "../checkpoints/report.ts";
import type { Act } from "../domain/restored/acts.ts";
import type { Db } from "../ledger/db.ts";
import type { RestoredView } from "../ledger/restored.ts";
import type { CommandContext } from "./command.ts";
import { CommandFailure } from "./failure.ts";
import { lookedAt } from "./ledger-report.ts";
import { printable } from "./output.ts";

export interface ReportChoice {
  readonly report?: string;
  readonly unseen?: boolean;
  readonly timeout?: string;
}

/** Throws where it is another report than what was read, or does not see everything. */
export async function readReport(
  context: CommandContext,
  { report, unseen, timeout = "120" }: ReportChoice,
  db: Db,
): Promise<{ readonly views: readonly RestoredView[]; readonly digest: string }> {
  const { views, behind } = await lookedAt(db, context, unseen === true ? 0 : Number(timeout) * 1_000);
  const blind = [...behind.map((name) => `the source ${name}`), ...views.filter(isBlind).map(nameOf)];
  if (blind.length > 0 && unseen !== true) throw notSeen(blind);
  const digest = digestOf(views);
  if (report !== undefined && report !== digest) throw changed();
  return { views, digest };
}

/** What the ledger was made to say about one Credential. */
export interface Settled {
  readonly namespace: string;
  readonly name: string;
  readonly happened: string;
  readonly acts: readonly Act[];
}

export function settledIn(views: readonly RestoredView[]): Settled[] {
  return views.flatMap(({ namespace, name, truth }) =>
    truth === null || truth.acts.length === 0 ? [] : [{ namespace, name, happened: truth.happened, acts: truth.acts }],
  );
}

/** Rethrows, as a person is to read it. */
export function ofReport(error: unknown): never {
  throw error instanceof ReportChanged ? changed() : error;
}

function changed(): CommandFailure {
  return new CommandFailure({
    happened: "The report has changed since it was read.",
    stillFine: "Nothing was accepted, and nothing is started.",
    next: "Read it again with `velvet ledger report`, and accept with its digest.",
  });
}

const NAMED = 5;

function nameOf({ namespace, name }: RestoredView): string {
  return `${namespace}/${name}`;
}

function notSeen(blind: readonly string[]): CommandFailure {
  const more = blind.length > NAMED ? ` and ${blind.length - NAMED} more` : "";
  return new CommandFailure({
    happened: printable(`It is not known yet how it stands with ${blind.slice(0, NAMED).join(", ")}${more}.`),
    stillFine: "Nothing was accepted, and nothing is started.",
    next: "See `velvet ledger report`; a controller must be running. To go on with what the ledger says of them: --unseen.",
  });
}
