/** Which places are to be put right after a look, and which ones are left to a person. */
import { CUSTODY } from "../domain/consumers.ts";
import { isFight, placesToCorrect } from "../domain/drift/correct.ts";
import { type Finding, placeName, type Seen } from "../domain/drift/kinds.ts";
import type { LookPass } from "./pass.ts";

/** Two writers: it was put right again and again, and overwritten each time. */
export function fightsIn(pass: LookPass, seen: readonly Seen[]): Seen[] {
  const { claim } = pass;
  if (claim.spec.drift?.mode !== "Correct") return [];
  const findings = seen.map((each) => asFound(pass, each));
  const order = { mode: "Correct", mayWrite: true, findings, isLeftAlone: isLeftAlone(pass) } as const;
  return placesToCorrect(order).flatMap((place) => {
    const first = wantedAt(findings, place);
    if (!first || !isFight(claim.corrections, first)) return [];
    const count = claim.corrections.filter((each) => each.place === place).length;
    const message = `${placeName(place)} was put right ${count} times in a day and overwritten each time; now it is a person's.`;
    return [{ place, kind: "DriftFight", grade: first.grade, message, digest: "fight", details: { count } }];
  });
}

/** As it would stand in the ledger. */
function asFound({ claim }: LookPass, seen: Seen): Finding {
  const known = claim.findings.find(({ place, kind }) => place === seen.place && kind === seen.kind);
  const accepted = known?.digest === seen.digest ? known.acceptedBy : undefined;
  return {
    ...seen,
    state: "open",
    since: claim.now,
    lastSeenAt: claim.now,
    ...(accepted === undefined ? {} : { acceptedBy: accepted }),
    ...(known?.wantedBy === undefined ? {} : { wantedBy: known.wantedBy }),
  };
}

/** Only what was seen by this very look is written again: one finding for each place. */
export function ordersOf(pass: LookPass, present: readonly Finding[]): Finding[] {
  const { deps, claim } = pass;
  const mode = claim.spec.drift?.mode ?? "Warn";
  const mayWrite = deps.mayCorrect() && claim.spec.suspend !== true;
  const places = placesToCorrect({ mode, mayWrite, findings: present, isLeftAlone: isLeftAlone(pass) });
  const fought = new Set(present.filter(({ kind }) => kind === "DriftFight").map(({ place }) => place));
  return places.flatMap((place) => {
    const first = wantedAt(present, place);
    return first === undefined || (fought.has(place) && first.wantedBy === undefined) ? [] : [first];
  });
}

/** A person's word counts more than the mode. */
function wantedAt(findings: readonly Finding[], place: string): Finding | undefined {
  const own = findings.filter((finding) => finding.place === place);
  return own.find(({ wantedBy }) => wantedBy !== undefined) ?? own[0];
}

/** Its owner switched it off, its vendor writes it, or nobody ever did. */
function isLeftAlone({ claim, snapshot, traits }: LookPass): (place: string) => boolean {
  const { consumers, issuer } = snapshot.credential.spec;
  return (place) => {
    const consumer = consumers.find(({ id }) => id === place);
    if (place === CUSTODY || consumer === undefined || consumer.active === false) return true;
    if (traits.mintClass === "vendor-distributed" && consumer.account === issuer.account) return true;
    return !claim.held.some((row) => row.place === place);
  };
}

export function withWhy(present: readonly Finding[], wanted: readonly Finding[], why: string): readonly Finding[] {
  const places = new Set(wanted.map(({ place }) => place));
  return present.map((finding) => (places.has(finding.place) ? notPutRight(finding, why) : finding));
}

export function notPutRight(finding: Finding, why: string): Finding {
  return { ...finding, message: `${finding.message} It was not put right: ${why.replace(/\.$/, "")}.` };
}
