/** What happened, in order, for a person. */
import type { Evidence } from "../judge/evidence.ts";
import { entriesOf } from "../judge/told.ts";
import { BEGINNING } from "./clock.ts";
import type { Telling } from "./telling.ts";

interface Line {
  readonly at: number;
  /** Of two at one time the vendor's deed comes before what is written of it. */
  readonly order: number;
  readonly text: string;
}

/** Ids of this telling are the same each time that it is told. */
export function storyText(telling: Telling, evidence: Evidence): string {
  const lines = [...deeds(evidence), ...happenings(telling), ...records(evidence)];
  const sorted = lines.toSorted((a, b) => a.at - b.at || a.order - b.order);
  const story = sorted.map(({ at, text }) => `${time(at)} ${text}`).join("\n");
  return `${story}\n${ending(evidence)}`.replaceAll(telling.prefix, "00000000");
}

function time(at: number): string {
  return `+${((at - BEGINNING) / 1_000).toFixed(3)}s`.padStart(12);
}

function deeds({ fake }: Evidence): Line[] {
  return fake.history.map(({ at, by, label, target, outcome, note }, index) => ({
    at,
    order: index * 10,
    text: `${by ?? "-"}: ${label} ${target}${outcome === "done" ? "" : ` (${outcome})`}${note === undefined ? "" : `: ${note}`}`,
  }));
}

function happenings(telling: Telling): Line[] {
  return telling.happenings.map(({ at, who, what, deeds: before }, index) => ({
    at,
    order: before * 10 - 5 + index / 1_000,
    text: `${who}: ${what}`,
  }));
}

/** The ledger's own account; within one instant it stands after the deeds. */
function records({ ledger }: Evidence): Line[] {
  return entriesOf(ledger).map(({ at, chain, seq, event, facts }, index) => {
    const { consumer, reason, vendorId, attempt, state } = facts;
    const told = Object.entries({ consumer, reason, vendorId, attempt, state }).flatMap(([name, fact]) =>
      fact === undefined ? [] : [`${name}=${JSON.stringify(fact)}`],
    );
    const where = chain === "install" ? "install" : "rotation";
    return { at, order: 1_000_000 + index, text: `  ledger ${where} ${seq}: ${event} ${told.join(" ")}` };
  });
}

function ending({ ledger, fake }: Evidence): string {
  const rotations = ledger.rotations.map(
    ({ name, state, facts }) => `${name} is ${state} ${facts.failure?.reason ?? ""}`,
  );
  const keys = fake
    .keys()
    .map(({ id, accepted, ours }) => `${id}${accepted ? "" : " (not accepted)"}${ours ? "" : " (not ours)"}`);
  const held = fake.setup.consumers.map(({ id }) => `${id} holds ${fake.heldBy(id) ?? "nothing known"}`);
  const retired = ledger.retired.map(({ vendor_id, state }) => `${vendor_id} is ${state}`);
  const stones = ledger.tombstones.map(({ attempt, state }) => `${attempt} is ${state}`);
  return [
    `at rest: ${rotations.join(", ")}; current: ${ledger.credentials[0]?.current_id ?? "none"}`,
    `  vendor: ${keys.join(", ") || "nothing"}`,
    `  places: ${["custody", ...held].join(", ").replace("custody", `custody holds ${fake.heldBy("custody") ?? "nothing known"}`)}`,
    `  retired: ${retired.join(", ") || "nothing"}; tombstones: ${stones.join(", ") || "none"}`,
  ].join("\n");
}
