/** What is to be said of a telling: the judge's word, and what only the teller can see. */
import type { State } from "../../../controller/domain/world.ts";
import type { Setup, Violation } from "../api.ts";
import { judge } from "../judge/judge.ts";
import type { Evidence } from "../judge/evidence.ts";
import type { Agenda } from "./agenda.ts";
import { NO_WAY_BACK } from "./excuses.ts";
import type { Story } from "./stories.ts";
import type { Telling } from "./telling.ts";

export function verdictOf(telling: Telling, story: Story, agenda: Agenda, evidence: Evidence): readonly Violation[] {
  const broken = judge(evidence).filter(({ invariant }) => {
    if (invariant === "I2" && isTold(telling, evidence)) return false;
    const isUnseen = telling.acceptsLate || (telling.isOverdue && telling.setup.lateUnseen === true);
    return !isUnseen || (invariant !== "I2" && invariant !== "I3");
  });
  return [...broken, ...faultsOf(telling), ...endless(telling), ...endingOf(telling, story, agenda)];
}

/**
 * Where a mint kills what was before it, one that lands after its time cannot be taken back by anybody: that a person is told of it is all
 * that can be asked.
 */
function isTold(telling: Telling, { ledger }: Evidence): boolean {
  if (hasSkippedAcceptor(ledger, telling.setup)) return true;
  return NO_WAY_BACK.has(telling.mintClass) && ledger.tombstones.some(({ state }) => state === "orphan-suspected");
}

/** A person left who accepts behind, with a ticket: it goes on accepting the old one alone. */
function hasSkippedAcceptor({ consumers }: Evidence["ledger"], setup: Setup): boolean {
  if (setup.authority !== "acceptors") return false;
  const accepting = setup.consumers.filter(({ role }) => role === "acceptor" || role === "both").map(({ id }) => id);
  return consumers.some(({ id, facts }) => facts.skipped !== undefined && accepting.includes(id));
}

/** What no schedule may bring about: a bug in the engine that it noticed itself. */
function faultsOf({ faults }: Telling): Violation[] {
  return faults.map((line) => ({ invariant: "engine", message: line }));
}

function endless({ isEndless }: Telling): Violation[] {
  return isEndless ? [{ invariant: "I9", message: "the story has no end" }] : [];
}

function endingOf(telling: Telling, story: Story, agenda: Agenda): Violation[] {
  // At random anything may be asked for: then only the judge knows what may come of it.
  if (telling.isWild || telling.isOverdue) return [];
  const [rotation] = agenda.rotations;
  if (isForPerson(telling, rotation?.facts.failure?.reason)) return [];
  const ends = endsOf(telling, story);
  if (rotation !== undefined && ends.has(rotation.state)) return [];
  const wanted = [...ends].join(" or ");
  const found = rotation?.state ?? "nothing";
  return [{ invariant: "I9", message: `the story should end as ${wanted}, and ends as ${found}` }];
}

/** Stalls that no person is asked to end here: one would interrupt the consumers, and two lost mints are all that a rotation makes. */
function isForPerson({ schedule }: Telling, reason: string | undefined): boolean {
  return reason === "GraceWouldEnd" || (reason === "MintsExhausted" && schedule.events.length > 1);
}

function endsOf(telling: Telling, story: Story): ReadonlySet<State> {
  const ends = new Set<State>(story.ends);
  if (telling.isAborted || telling.isPreempted) ends.add("aborted");
  // What a lost mint made fills the vendor's quota until the reaper has ended it: then the rotation ends, and is asked for again.
  if (telling.setup.maxLive !== undefined && telling.schedule.events.length > 0) ends.add("mint_failed");
  if (story.afterMint === true && NO_WAY_BACK.has(telling.mintClass)) ends.add("done");
  return ends;
}
