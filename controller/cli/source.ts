import type { Db } from "../ledger/db.ts";
import { listSources, type SourceView } from "../ledger/sources.ts";
import { acceptHistory } from "../sources/state.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import { CommandFailure, misuse } from "./failure.ts";
import { printable } from "./output.ts";

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const REWRITTEN = "HistoryRewritten";

/** `velvet source accept`: a rewritten history goes on from `commit`, which a person has read. Recorded in the audit chain. */
export async function acceptSourceCommand(
  { out }: Pick<CommandContext, "out">,
  name: string,
  commit: string,
  db: Db,
): Promise<ExitCode> {
  if (!COMMIT.test(commit)) throw abbreviated(commit);
  const sources = await listSources(db);
  const source = sources.find((each) => each.name === name);
  if (!source) throw unknownSource(name, sources);
  if (source.reason !== REWRITTEN) throw notRewritten(source);
  if (source.cursor === commit) throw alreadyRead(source, commit);
  if (!(await acceptHistory(db, name, commit))) throw notRewritten(source);
  out.line(`The source ${printable(name)} goes on from ${commit}.`);
  out.note(
    [
      ...(source.message.includes(commit)
        ? []
        : ["It is not the head that the last look saw; if that does not descend from it, the source stops again."]),
      "The next look takes what that commit holds. Requests and decisions that this ledger has seen are not executed again; others are.",
      "Follow it with `velvet status`.",
    ].join("\n"),
  );
  return 0;
}

function abbreviated(commit: string): CommandFailure {
  return misuse(
    `${printable(commit)} is not a whole commit id.`,
    "Give all its 40 or 64 hexadecimal digits, in small letters, as `velvet status` shows them; nothing was changed.",
  );
}

function unknownSource(name: string, sources: readonly SourceView[]): CommandFailure {
  const known = sources.map((each) => each.name).join(", ");
  return new CommandFailure({
    happened: `The ledger knows no source ${printable(name)}.`,
    stillFine: "Nothing was changed.",
    next: known === "" ? "No source was ever looked at: start the controller first." : `It knows: ${printable(known)}.`,
  });
}

function notRewritten({ name, reason, ready }: SourceView): CommandFailure {
  return new CommandFailure({
    happened: `The source ${printable(name)} does not wait for this: it stands at ${printable(reason)}, not at ${REWRITTEN}.`,
    stillFine: ready ? "Nothing was changed, and it is read as before." : "Nothing was changed.",
    next: "See `velvet status` for what it needs, if anything.",
  });
}

function alreadyRead({ name }: SourceView, commit: string): CommandFailure {
  return new CommandFailure({
    happened: `${commit} is the last commit that was read of ${printable(name)}, and the branch left it.`,
    stillFine: "Nothing was changed.",
    next: "To keep that history, push a head that descends from it. To take the new one, name its head, as `velvet status` shows it.",
  });
}
