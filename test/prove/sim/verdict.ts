import type { Fake, Result, Violation } from "../api.ts";
import type { Agenda } from "./agenda.ts";
import type { SimLedger } from "./database.ts";
import type { Story } from "./stories.ts";
import type { Telling } from "./telling.ts";
import { storyText } from "./history.ts";

export interface Told {
  readonly text: string;
  readonly telling: Telling;
  readonly agenda: Agenda;
  readonly fake: Fake;
  readonly ledger: SimLedger;
  readonly story: Story;
}

export async function verdictOf(told: Told): Promise<Result> {
  const { text, telling, agenda, fake } = told;
  const violations: Violation[] = [];
  if (telling.isEndless) violations.push({ invariant: "I9", message: "the story has no end" });
  for (const fault of telling.faults) violations.push({ invariant: "engine", message: fault });
  for (const outage of fake.outages) violations.push({ invariant: "I1", message: JSON.stringify(outage) });
  const first = agenda.rotations[0];
  if (!first || !told.story.ends.includes(first.state)) violations.push({ invariant: "I9", message: `it ended as ${first?.state}` });
  return { schedule: text, violations, labels: telling.labels, ...(violations.length > 0 ? { story: storyText(told) } : {}) };
}
