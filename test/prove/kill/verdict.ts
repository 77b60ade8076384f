/** What one tale came to. */
import { listRotations } from "../../../controller/ledger/views.ts";
import type { Result, Violation } from "../api.ts";
import { flowsIn } from "../flows.ts";
import { judge } from "../judge/judge.ts";
import type { LedgerRows } from "../judge/ledger.ts";
import { type Entry, entriesOf } from "../judge/told.ts";
import type { ProofLedger } from "../server.ts";
import type { Agenda } from "../sim/agenda.ts";
import { isStalled, liveRotation } from "../sim/agenda.ts";
import { simStatement } from "../sim/database.ts";
import type { Story } from "../sim/stories.ts";
import type { Tale } from "./tale.ts";

export interface Told {
  readonly text: string;
  readonly tale: Tale;
  readonly agenda: Agenda;
  readonly story: Story;
  readonly ledger: Pick<ProofLedger, "db">;
  /** Everything that controllers logged while it was told. */
  readonly logged: readonly string[];
}

const ROWS = simStatement("rows");
/** A bug of the engine or of the fake: no schedule may bring it about. */
const BROKE = /(the step .* broke|an adapter failed unexpectedly|the fake has)/;

export async function verdictOf(told: Told): Promise<Result> {
  const { text, tale, logged } = told;
  const { rows: ledger, ofInstall } = await rowsOf(told);
  const violations = [
    ...judge({
      fake: tale.fake,
      ledger,
      now: Date.now(),
      stops: tale.stops,
      ofInstall,
      inRealTime: true,
      outputs: [{ where: "the log", text: logged.join("\n") }],
    }),
    ...logged.filter((line) => BROKE.test(line)).map((message) => ({ invariant: "engine", message })),
    ...endingOf(told),
  ];
  const labels = new Set(tale.trap.moments.map((moment) => moment.replace(/:\d+$/, "")));
  const flows = flowsIn(ledger);
  return { schedule: text, violations, labels, flows, ...(violations.length > 0 ? { story: storyOf(told) } : {}) };
}

/** The install's own chain is verified once, when the world ends: it grows with every tale. What it says of this one is judged here. */
async function rowsOf({
  ledger,
  tale,
}: Told): Promise<{ readonly rows: LedgerRows; readonly ofInstall: readonly Entry[] }> {
  const [found] = await ledger.db.query<{ rows: Omit<LedgerRows, "views"> }>(ROWS, [tale.name]);
  if (!found) throw new Error("the ledger has no rows");
  const views = await listRotations(ledger.db, { namespace: tale.name, all: true });
  const audit = found.rows.audit.filter(({ chain }) => chain !== "install");
  const words = found.rows.words.filter(({ chain }) => chain !== "install");
  const ofInstall = entriesOf({ ...found.rows, views }, "install").filter(
    ({ facts }) => facts["namespace"] === tale.name,
  );
  return { rows: { ...found.rows, audit, words, installHead: { seq: 0, hash: "" }, views }, ofInstall };
}

/** As the story says, or at something that a person has to do, of which the judge knows whether it is named. */
function endingOf({ agenda, story, tale }: Told): Violation[] {
  const live = liveRotation(agenda);
  const state = agenda.rotations[0]?.state;
  // An abort can come too late, and be refused. A vendor that counts what a dead controller's request has made may refuse the next one.
  const mayAbort = tale.isAborted || tale.isPreempted || story.ends.includes("aborted");
  const ends = [...story.ends, "mint_failed", ...(mayAbort ? ["done", "aborted"] : [])];
  if ((live && isStalled(live)) || (state !== undefined && ends.includes(state))) return [];
  return [
    {
      invariant: "I9",
      message: `the story should end as ${ends.join(" or ")}, and ends as ${state ?? "nothing"}`,
    },
  ];
}

function storyOf({ tale, agenda, logged }: Told): string {
  const deeds = tale.fake.history.map(({ at, by = "", label, target, outcome, note = "" }) => {
    return `${new Date(at).toISOString().slice(11, 23)} ${by.padEnd(4)} ${label} ${target} ${outcome} ${note}`.trimEnd();
  });
  const own = logged.filter((line) => agenda.rotations.some(({ id }) => line.includes(id)));
  return [...[...deeds, ...tale.happened].sort(), ...own, JSON.stringify(agenda)].join("\n");
}
