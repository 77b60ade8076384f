/** What is to be said of a telling: the judge's word, and what only the teller can see. */
import type { Violation } from "../api.ts";
import { judge } from "../judge/judge.ts";
import type { Evidence } from "../judge/evidence.ts";
import type { Agenda } from "./agenda.ts";
import type { Story } from "./stories.ts";
import type { Telling } from "./telling.ts";

export function verdictOf(telling: Telling, story: Story, agenda: Agenda, evidence: Evidence): readonly Violation[] {
  return [...judge(evidence), ...faultsOf(telling), ...endingOf(telling, story, agenda)];
}

/** What no schedule may bring about: a bug in the engine that it noticed itself. */
function faultsOf({ faults }: Telling): Violation[] {
  return faults.map((line) => ({ invariant: "engine", message: line }));
}

function endingOf(telling: Telling, story: Story, agenda: Agenda): Violation[] {
  if (telling.isEndless) return [{ invariant: "I9", message: "the story has no end" }];
  // At random anything may be asked for: then only the judge knows what may come of it.
  if (telling.isWild) return [];
  const state = agenda.rotations[0]?.state;
  const ends = telling.isAborted ? [...story.ends, "aborted"] : story.ends;
  if (state !== undefined && [...ends].includes(state)) return [];
  return [{ invariant: "I9", message: `the story should end as ${ends.join(" or ")}, and ends as ${state ?? "nothing"}` }];
}
